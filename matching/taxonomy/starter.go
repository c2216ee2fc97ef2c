package taxonomy

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed skills.tsv
var starterTSV string

var starter = sync.OnceValue(func() []Skill {
	skills, err := parse(starterTSV)
	if err == nil {
		err = Validate(skills)
	}
	if err != nil {
		panic(fmt.Sprintf("taxonomy: skills.tsv: %v", err)) // built into the program, so a test has met it before
	}
	return skills
})

// Starter returns the taxonomy that every installation begins with, written for the tasks companies really hand out. It is
// read from skills.tsv and validated once; each call returns a copy of its own.
func Starter() []Skill {
	skills := slices.Clone(starter())
	for i, s := range skills {
		skills[i].Aliases, skills[i].Broader = slices.Clone(s.Aliases), slices.Clone(s.Broader)
	}
	return skills
}

// parse reads lines of id, name_en, name_ja, aliases, broader and reserved, parted by tabs, lists parted by semicolons. The
// first line is the header; empty lines and those that start with # are skipped.
func parse(tsv string) ([]Skill, error) {
	var skills []Skill
	header := true
	for i, line := range strings.Split(tsv, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if header {
			header = false
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 6 {
			return nil, fmt.Errorf("line %d: %d columns instead of 6", i+1, len(cells))
		}
		skills = append(skills, Skill{
			ID: cells[0], NameEN: cells[1], NameJA: cells[2],
			Aliases: list(cells[3]), Broader: list(cells[4]), Reserved: cells[5],
		})
	}
	return skills, nil
}

func list(cell string) []string {
	if cell == "" {
		return nil
	}
	return strings.Split(cell, ";")
}
