package meili

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/matching"
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

func TestTiersMeanWhatTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := matching.Question{Formula: matching.V1, Department: uuid.UUID{1}}
		for i := range rapid.IntRange(0, 6).Draw(t, "skills") {
			w := matching.Wanted{Skill: fmt.Sprint("skill", i), Level: rapid.IntRange(1, 3).Draw(t, "level"), Weight: rapid.IntRange(1, 2).Draw(t, "weight")}
			w.Strict = w.Weight == matching.MustWeight && rapid.IntRange(0, 3).Draw(t, "strict") == 0
			q.Skills = append(q.Skills, w)
		}
		tiers := drawTiers(t, q.Weight())
		expression := "(" + strings.Join(filter(q, matching.List{Tiers: tiers}), ") AND (") + ")"
		for range 20 {
			d := matching.Document{Candidate: true, P: matching.Score(rapid.IntRange(0, 3000).Draw(t, "p")), Held: map[string]int{}}
			has := map[string]bool{q.Company.String(): true}
			for _, w := range q.Skills {
				d.Held[w.Skill] = rapid.IntRange(0, 3).Draw(t, w.Skill)
				has[token(scope(q.Company), w.Skill, w.Level)] = d.Held[w.Skill] >= w.Level
			}
			if rapid.Bool().Draw(t, "knows") {
				d.Knows, has[q.Department.String()] = []uuid.UUID{q.Department}, true
			}
			h, passes := q.Hit(d)
			if got := holdsAt(expression, has, int(d.P)); got != (passes && slices.ContainsFunc(tiers, h.Within)) {
				t.Fatalf("%s is %v for %+v, which is %+v of %+v", expression, got, d, h, tiers)
			}
		}
	})
}

// drawTiers draws some like those of a plan: out of the department, in it with less p, or both.
func drawTiers(t *rapid.T, weight int) (tiers []matching.Tier) {
	for range rapid.IntRange(1, 4).Draw(t, "tiers") {
		one := matching.Tier{AtLeast: rapid.IntRange(0, weight).Draw(t, "at least"), P: matching.Score(rapid.IntRange(0, 3000).Draw(t, "from"))}
		in := matching.Tier{AtLeast: one.AtLeast, InDepartment: true, P: max(one.P-500, 0)}
		tiers = append(tiers, [][]matching.Tier{{one}, {in}, {one, in}}[rapid.IntRange(0, 2).Draw(t, "which")]...)
	}
	return tiers
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

// holds evaluates an expression of AND, OR, IN, >= and parentheses, as the server would.
func holds(expression string, has map[string]bool) bool { return holdsAt(expression, has, 0) }

// holdsAt is holds for a document with this p.
func holdsAt(expression string, has map[string]bool, at int) bool {
	p := &parser{rest: strings.NewReplacer("(", " ( ", ")", " ) ", "[", " [ ", "]", " ] ", ",", " ").Replace(expression), has: has, p: at}
	return p.or()
}

type parser struct {
	rest string
	has  map[string]bool
	p    int
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
	if p.next() == ">=" {
		least, _ := strconv.Atoi(p.next())
		return p.p >= least
	}
	is := false
	for p.next(); p.peek() != "]"; {
		is = p.has[strings.Trim(p.next(), `"`)] || is
	}
	p.next()
	return is
}
