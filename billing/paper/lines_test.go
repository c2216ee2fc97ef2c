package paper

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// eachOne measures every character as one.
func eachOne(s string) float64 { return float64(len([]rune(s))) }

func TestLinesBreakAsJapaneseAndEnglishBreakThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		limit float64
		want  []string
	}{
		{"期限は、本日。", 3, []string{"期限", "は、本", "日。"}}, // no line begins with 、
		{"甲（乙）丙", 2, []string{"甲", "（乙", "）丙"}},     // or ends with （, where there is a choice
		{"pay the fee today", 8, []string{"pay the", "fee", "today"}},
		{"extraordinary", 5, []string{"extra", "ordin", "ary"}}, // a word that is too long is broken where it must be
		{"一\n二", 9, []string{"一", "二"}},
		{"", 9, []string{""}},
		{"税抜 300,000円", 8, []string{"税抜", "300,000円"}},
	} {
		if got := wrap(c.text, c.limit, eachOne); !slices.Equal(got, c.want) {
			t.Errorf("%q at %g: %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

func TestBreakingLinesLosesNothingAndKeepsTheLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("あ漢、。（）ー aZ9,.-𠮷\n")), 0, 60, -1).Draw(t, "text")
		limit := float64(rapid.IntRange(1, 12).Draw(t, "limit"))
		lines := wrap(text, limit, eachOne)
		if got, want := squeezed(strings.Join(lines, "")), squeezed(text); got != want {
			t.Fatalf("%q became %q", want, lines)
		}
		for _, l := range lines {
			if eachOne(l) > limit {
				t.Fatalf("%q is wider than %g", l, limit)
			}
		}
	})
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }
