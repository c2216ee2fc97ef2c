package matching_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/internal/problem"
	"homecoming/matching"
)

var (
	oneOfMany = regexp.MustCompile(`(^|[^0-9.])1 (yrs|contracts|years|skills|months)\b`)
	manyOfOne = regexp.MustCompile(`([02-9]|[0-9]{2,}) (yr|contract|year)\b`)
	latin     = regexp.MustCompile(`[A-Za-z]{2,}`)
	kana      = regexp.MustCompile(`[\p{Hiragana}\p{Katakana}\p{Han}]`)
)

// TestWhatIsShownAddsUpInBothLanguages holds for everybody: four parts, each a sentence in the reader's language with
// its points, that sum to the score.
func TestWhatIsShownAddsUpInBothLanguages(t *testing.T) {
	names := map[string]problem.Word{}
	for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
		names[id] = problem.Word{EN: "x" + id, JA: "技" + id}
	}
	for i := range byte(3) {
		names[uuid.UUID{0xd, i}.String()] = problem.Word{EN: "Finance", JA: "経理部"}
	}
	rapid.Check(t, func(t *rapid.T) {
		q, m := drawQuestion(t), drawMember(t, uuid.UUID{9})
		q.Formula = drawFormula(t)
		parts := q.Parts(m)
		for _, lang := range []problem.Language{problem.English, problem.Japanese} {
			s := matching.Speak(lang, rapid.Bool().Draw(t, "about oneself"), names, q, m)
			sum, text := matching.Score(0), strings.Join(s.Reasons, " · ")
			for i, r := range s.Breakdown {
				sum += r.Points
				text += " · " + r.Text
				if r.Part != []string{"skills", "department", "tenure", "record"}[i] || r.Points < 0 || r.Points > r.Most || r.Text == "" {
					t.Fatalf("%+v", r)
				}
			}
			if s.Parts != parts || sum != s.Score || s.Score != parts.Total() || s.Score > 10000 || len(s.Breakdown) != 4 || len(s.Skills) != len(q.Skills) {
				t.Fatalf("%+v does not add up", s)
			}
			if len(s.Reasons) < 3 || (len(s.Reasons) == 4) != (parts.Department > 0) {
				t.Fatalf("%v", s.Reasons)
			}
			sentences(t, lang, text)
		}
	})
}

func sentences(t *rapid.T, lang problem.Language, text string) {
	switch {
	case strings.Contains(text, "%") || strings.Contains(text, "{"):
		t.Fatalf("a hole in %q", text)
	case lang == problem.English && (kana.MatchString(text) || oneOfMany.MatchString(text) || manyOfOne.MatchString(text)):
		t.Fatalf("no good English: %q", text)
	case lang == problem.Japanese && latin.MatchString(text):
		t.Fatalf("no Japanese: %q", text)
	}
}

func TestLengthsOfTimeAreSaidAsPeopleDo(t *testing.T) {
	left := day("2026-03-01")
	for _, c := range []struct {
		days    int
		en, ja  string
		leftOn  string
		en2, j2 string
	}{
		{5, "less than a month", "1か月未満", "2026-03-01", "left lately", "最近退職"},
		{31, "1 mo", "1か月", "2026-01-15", "left 2 months ago", "2か月前に退職"},
		{365, "1 yr", "1年", "2025-03-31", "left a year ago", "1年前に退職"},
		{396, "1 yr 1 mo", "1年1か月", "2025-04-02", "left 11 months ago", "11か月前に退職"},
		{731, "2 yrs", "2年", "2023-04-01", "left 3 years ago", "3年前に退職"},
		{2500, "6 yrs 10 mo", "6年10か月", "2016-04-02", "left 9 years ago", "9年前に退職"},
	} {
		left = day(c.leftOn)
		m := matching.Member{ID: uuid.UUID{1}, Stints: []matching.Stint{{JoinedOn: left.AddDays(-c.days), LeftOn: &left}}}
		q := matching.Question{AsOf: today, Formula: matching.V1}
		en, ja := matching.Speak(problem.English, false, nil, q, m).Breakdown[2].Text, matching.Speak(problem.Japanese, false, nil, q, m).Breakdown[2].Text
		if want := fmt.Sprintf("%s with you, %s", c.en, c.en2); en != want {
			t.Errorf("%q, want %q", en, want)
		}
		if want := fmt.Sprintf("在籍%s、%s", c.ja, c.j2); ja != want {
			t.Errorf("%q, want %q", ja, want)
		}
	}
}
