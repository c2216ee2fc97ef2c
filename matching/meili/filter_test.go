package meili

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAtLeastMeansWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ws := drawWants(t)
		h := rapid.IntRange(1, ws.size().weight()).Draw(t, "at least")
		expression := "(" + strings.Join(ws.atLeast(h), ") AND (") + ")"
		for range 20 {
			has, weight := map[string]bool{}, 0
			for _, token := range ws.heavy {
				if has[token] = rapid.Bool().Draw(t, token); has[token] {
					weight += 2
				}
			}
			for _, token := range ws.light {
				if has[token] = rapid.Bool().Draw(t, token); has[token] {
					weight++
				}
			}
			if got := holds(expression, has); got != (weight >= h) {
				t.Fatalf("%s is %v for %v", expression, got, has)
			}
		}
	})
}

func drawWants(t *rapid.T) (ws wants) {
	for i := range rapid.IntRange(1, 12).Draw(t, "skills") {
		if rapid.Bool().Draw(t, "must") {
			ws.heavy = append(ws.heavy, fmt.Sprint("h", i))
		} else {
			ws.light = append(ws.light, fmt.Sprint("l", i))
		}
	}
	return ws
}

func TestTwelveSkillsDoNotExplode(t *testing.T) {
	for heavy := range 13 {
		for h := 1; h <= (size{heavy, 12 - heavy}).weight(); h++ {
			var ws wants
			for i := range 12 {
				if token := fmt.Sprint("token", i); i < heavy {
					ws.heavy = append(ws.heavy, token)
				} else {
					ws.light = append(ws.light, token)
				}
			}
			if n := strings.Count(strings.Join(ws.atLeast(h), ""), "token"); n > 220 {
				t.Errorf("%d of %d heavy and %d light skills takes %d values", h, heavy, 12-heavy, n)
			}
		}
	}
}

// holds evaluates an expression of AND, OR, IN, = and parentheses, as the server would.
func holds(expression string, has map[string]bool) bool {
	p := &parser{rest: strings.NewReplacer("(", " ( ", ")", " ) ", "[", " [ ", "]", " ] ", ",", " ").Replace(expression), has: has}
	return p.or()
}

type parser struct {
	rest string
	has  map[string]bool
}

func (p *parser) peek() string {
	word, _, _ := strings.Cut(strings.TrimSpace(p.rest), " ")
	return word
}

func (p *parser) next() string {
	word, rest, _ := strings.Cut(strings.TrimSpace(p.rest), " ")
	p.rest = rest
	return word
}

func (p *parser) or() bool {
	is := p.and()
	for p.peek() == "OR" {
		p.next()
		is = p.and() || is
	}
	return is
}

func (p *parser) and() bool {
	is := p.one()
	for p.peek() == "AND" {
		p.next()
		is = p.one() && is
	}
	return is
}

func (p *parser) one() bool {
	if p.next() == "(" {
		is := p.or()
		p.next()
		return is
	}
	if p.next() == "=" {
		return p.has[strings.Trim(p.next(), `"`)]
	}
	is := false
	for p.next(); p.peek() != "]"; {
		is = p.has[strings.Trim(p.next(), `"`)] || is
	}
	p.next()
	return is
}
