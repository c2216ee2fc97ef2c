package taxonomy

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// A Skill is one thing a person can do and a task can ask for.
type Skill struct {
	ID      string   // slug such as "corporate-tax"; a company's own ones are "own-<uuid>"; never reused
	NameEN  string   // shown to readers of English
	NameJA  string   // shown to readers of Japanese
	Aliases []string // other spellings, abbreviations and readings, in any script
	Broader []string // ids of the directly broader skills; React has JavaScript here

	// Reserved names the Japanese licence (税理士, 弁護士, …) without which this work may not be done for a fee, and
	// is empty for everything else. A task shows it and a bid asks for the registration.
	Reserved string

	// Obsolete skills are found by name where nothing else has it, and never offered: a published list dropped them.
	Obsolete bool
}

// Own reports whether a company made the skill itself.
func (s Skill) Own() bool { return strings.HasPrefix(s.ID, "own-") }

var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Validate reports everything that is wrong with a taxonomy, joined into one error: ids that are no slugs or appear twice, a
// missing name, a name that two skills share once normalised, a broader skill that is not there, and a circle of broader
// links. Aliases may be shared: see Index.Ambiguous.
func Validate(skills []Skill) error {
	var errs []error
	byID := make(map[string]Skill, len(skills))
	named := make(map[string]string, 2*len(skills))
	for _, s := range skills {
		if _, twice := byID[s.ID]; twice {
			errs = append(errs, fmt.Errorf("%s: id appears twice", s.ID))
		}
		byID[s.ID] = s
		errs = append(errs, s.check(named)...)
	}
	for _, s := range skills {
		for _, b := range s.Broader {
			if _, ok := byID[b]; !ok {
				errs = append(errs, fmt.Errorf("%s: no broader skill %q", s.ID, b))
			}
		}
	}
	return errors.Join(append(errs, circles(skills, byID)...)...)
}

// check looks at one skill alone; named remembers who has which normalised name. The marks ; and : part the skills of an
// imported row, so no spelling may hold one.
func (s Skill) check(named map[string]string) (errs []error) {
	if !slug.MatchString(s.ID) {
		errs = append(errs, fmt.Errorf("%q: id is not a slug", s.ID))
	}
	for _, name := range []string{s.NameEN, s.NameJA} {
		key := Normalize(name)
		if key == "" {
			errs = append(errs, fmt.Errorf("%s: a name is missing", s.ID))
			continue
		}
		if owner, taken := named[key]; taken && owner != s.ID {
			errs = append(errs, fmt.Errorf("%s: name %q is also that of %s", s.ID, name, owner))
		}
		named[key] = s.ID
	}
	for _, spelling := range s.spellings() {
		if strings.ContainsAny(spelling, ";:") || Normalize(spelling) == "" {
			errs = append(errs, fmt.Errorf("%s: %q cannot be a spelling", s.ID, spelling))
		}
	}
	return errs
}

// spellings are the names and then the aliases.
func (s Skill) spellings() []string {
	return append([]string{s.NameEN, s.NameJA}, s.Aliases...)
}

// circles follows the broader links depth first and reports each link that leads back to where it came from.
func circles(skills []Skill, byID map[string]Skill) (errs []error) {
	const open, closed = 1, 2
	state := make(map[string]int, len(skills))
	var visit func(id string)
	visit = func(id string) {
		state[id] = open
		for _, b := range byID[id].Broader {
			switch state[b] {
			case open:
				errs = append(errs, fmt.Errorf("%s: broader link to %s closes a circle", id, b))
			case 0:
				visit(b)
			}
		}
		state[id] = closed
	}
	for _, s := range skills {
		if state[s.ID] == 0 {
			visit(s.ID)
		}
	}
	return errs
}
