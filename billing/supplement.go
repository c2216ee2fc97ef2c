package billing

import (
	"fmt"

	"cloud.google.com/go/civil"

	"homecoming/internal/problem"
)

// SupplementSchema is the version of the supplement's list of items; a change of the list is a new number.
const SupplementSchema = 1

// A Supplement is what the law wants handed over when terms change after the notice: what changed, when and why, kept
// with its hash. The lines are written out in both languages, so that what was handed over never reads differently.
type Supplement struct {
	Schema    int                                 `json:"schema"`
	Contract  string                              `json:"contract"` // C-1042
	Version   int                                 `json:"version"`  // of the terms from then on
	ChangedOn civil.Date                          `json:"changed_on"`
	Reason    string                              `json:"reason"`
	OfferedBy Party                               `json:"offered_by"`
	Change    string                              `json:"change"` // SHA-256 of what both sides signed
	Lines     map[problem.Language][]ComparedItem `json:"lines"`
}

// supplementOf states what a change made of the notice of before.
func supplementOf(c Contract, ch Change, before Notice, day civil.Date) Supplement {
	s := Supplement{Schema: SupplementSchema, Contract: c.Label(), Version: c.Version, ChangedOn: day, Reason: ch.Draft.Reason, OfferedBy: ch.Side,
		Change: ch.Hash, Lines: map[problem.Language][]ComparedItem{}}
	for _, lang := range []problem.Language{problem.English, problem.Japanese} {
		for _, l := range Compared(before, c.Notice, lang) {
			if l.Changed() {
				s.Lines[lang] = append(s.Lines[lang], l)
			}
		}
	}
	return s
}

// A ComparedItem is one line of a notice as it was and as it is; empty where there was or is none.
type ComparedItem struct {
	Label string `json:"label"`
	Was   string `json:"was"`
	Is    string `json:"is"`
}

// Changed reports whether the line reads differently.
func (l ComparedItem) Changed() bool { return l.Was != l.Is }

// Compared lays two notices side by side in one language, in the order of the later one; what fell away stands where it
// stood before.
func Compared(was, is Notice, lang problem.Language) []ComparedItem {
	before, after := numbered(was.Items(lang)), numbered(is.Items(lang))
	left := map[string]string{}
	for _, item := range before {
		left[item.Label] = item.Value
	}
	named := map[string]bool{}
	for _, item := range after {
		named[item.Label] = true
	}
	var out []ComparedItem
	next := 0
	gone := func(until string) {
		for ; next < len(before) && before[next].Label != until; next++ {
			if !named[before[next].Label] {
				out = append(out, ComparedItem{Label: before[next].Label, Was: before[next].Value})
			}
		}
	}
	for _, item := range after {
		if _, known := left[item.Label]; known {
			gone(item.Label)
			next = min(next+1, len(before))
		}
		out = append(out, ComparedItem{Label: item.Label, Was: left[item.Label], Is: item.Value})
	}
	gone("")
	return out
}

// numbered tells lines of the same label apart: two parts may have one title.
func numbered(items []NoticeItem) []NoticeItem {
	seen := map[string]int{}
	for i := range items {
		label := items[i].Label
		if seen[label]++; seen[label] > 1 {
			items[i].Label = fmt.Sprintf("%s (%d)", label, seen[label])
		}
	}
	return items
}
