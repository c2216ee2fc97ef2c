package meili

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAtLeastMeansWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ws wants
		for i := range rapid.IntRange(1, 12).Draw(t, "skills") {
			ws = append(ws, want{fmt.Sprint("t", i), rapid.IntRange(1, 2).Draw(t, "weight")})
		}
		h := rapid.SampledFrom(ws.sums()[1:]).Draw(t, "at least")
		expression := ws.atLeast(h)
		for range 20 {
			has, weight := map[string]bool{}, 0
			for _, w := range ws {
				if rapid.Bool().Draw(t, w.token) {
					has[w.token], weight = true, weight+w.weight
				}
			}
			if got := holds(expression, has); got != (weight >= h) {
				t.Fatalf("%s is %v for %v", expression, got, has)
			}
		}
	})
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
