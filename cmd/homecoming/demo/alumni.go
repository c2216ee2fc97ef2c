package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"

	"cloud.google.com/go/civil"
)

// A leaver is one person in a company's HR file.
type leaver struct {
	email         string
	family, given name
	rate          int // yen an hour
	availableIn   int // days from today; negative is free now
	registration  string
	stints        []stint
	skills        []string // name:level:evidence
}

type stint struct {
	department   string
	joined, left civil.Date
	current      bool
}

// hrFile writes what the company's HR department would hand over, in the columns that the import reads.
func hrFile(h house, people []leaver, today civil.Date) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(strings.Split("email,family_name,given_name,family_kana,given_kana,department,joined_on,left_on,skills,hourly_rate,available_from,entity,registration_number", ","))
	for _, p := range people {
		for i, s := range p.stints {
			left, skills, free := s.left.String(), "", ""
			if s.current {
				left = ""
			}
			if i == 0 {
				skills = strings.Join(p.skills, ";")
			}
			if p.availableIn > 0 {
				free = today.AddDays(p.availableIn).String()
			}
			_ = w.Write([]string{p.email, p.family.text, p.given.text, p.family.kana, p.given.kana, s.department, s.joined.String(), left,
				skills, fmt.Sprint(p.rate), free, h.name, p.registration})
		}
	}
	w.Flush()
	return b.Bytes()
}

// leavers invents a company's alumni, the same ones every time for a seed.
func leavers(h house, today civil.Date, seed uint64) []leaver {
	r := rand.New(rand.NewPCG(seed, 20261123))
	people := make([]leaver, 0, h.alumni)
	for i := range h.alumni {
		p := leaver{rate: 3000 + 100*r.IntN(70), availableIn: r.IntN(120) - 60}
		p.family, p.given = someName(r, h.latin)
		p.email = fmt.Sprintf("alumni%03d@%s", i+1, h.domain)
		f := h.fields[r.IntN(len(h.fields))]
		p.stints = stints(r, h, f, today)
		p.skills = skills(r, h, f)
		people = append(people, p)
	}
	return people
}

func someName(r *rand.Rand, latin int) (family, given name) {
	if r.IntN(100) < latin {
		return name{text: latinFamilyNames[r.IntN(len(latinFamilyNames))]}, name{text: latinGivenNames[r.IntN(len(latinGivenNames))]}
	}
	return familyNames[r.IntN(len(familyNames))], givenNames[r.IntN(len(givenNames))]
}

// stints gives most people one stretch of employment, some two with a gap, and a few a present one.
func stints(r *rand.Rand, h house, f field, today civil.Date) []stint {
	years := 1 + r.ExpFloat64()*5
	left := today.AddDays(-30 - r.IntN(9*365))
	first := stint{department: f.name, joined: left.AddDays(-int(years * 365)), left: left}
	switch roll := r.IntN(100); {
	case roll < 15:
		other := h.fields[r.IntN(len(h.fields))].name
		earlier := stint{department: other, left: first.joined.AddDays(-200 - r.IntN(900))}
		earlier.joined = earlier.left.AddDays(-300 - r.IntN(1500))
		return []stint{earlier, first}
	case roll < 19:
		return []stint{first, {department: f.name, joined: today.AddDays(-20 - r.IntN(10)), current: true}}
	}
	return []stint{first}
}

// skills gives three to six of the department's skills and one from elsewhere, mostly attested.
func skills(r *rand.Rand, h house, f field) []string {
	var out []string
	for _, at := range r.Perm(len(f.skills))[:min(len(f.skills), 3+r.IntN(4))] {
		out = append(out, stated(r, f.skills[at]))
	}
	other := h.fields[r.IntN(len(h.fields))]
	if s := other.skills[r.IntN(len(other.skills))]; other.name != f.name && !strings.Contains(strings.Join(out, ";"), s+":") {
		out = append(out, stated(r, s))
	}
	return out
}

func stated(r *rand.Rand, skill string) string {
	evidence := "attested"
	if r.IntN(4) == 0 {
		evidence = "self"
	}
	return fmt.Sprintf("%s:%d:%s", skill, 1+r.IntN(3), evidence)
}
