package words

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cloud.google.com/go/civil"

	"homecoming/internal/problem"
)

func TestBothLanguagesFillTheSamePlaceholders(t *testing.T) {
	t.Parallel()
	if len(catalogue) < 40 {
		t.Fatalf("only %d sentences", len(catalogue))
	}
	for key, p := range catalogue {
		for _, word := range placeholders(p.ja) {
			if !strings.Contains(p.en, "{"+word+"}") && !strings.Contains(p.en, "{"+word+":") {
				t.Errorf("%s: {%s} is only in the Japanese", key, word)
			}
		}
		for _, word := range placeholders(p.en) {
			if !strings.Contains(p.ja, "{"+word+"}") {
				t.Errorf("%s: {%s} is only in the English", key, word)
			}
		}
	}
}

func placeholders(s string) (names []string) {
	for _, part := range strings.Split(s, "{")[1:] {
		name, _, _ := strings.Cut(part, "}")
		name, _, _ = strings.Cut(name, ":")
		names = append(names, name)
	}
	return names
}

func TestABrokenLineIsTold(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a | b", "a | b | ", "a | b | c\na | d | e", "a|b|c"} {
		_, err := read(fstest.MapFS{"catalogue/x.txt": {Data: []byte(text)}})
		if err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestNumbersChooseTheWord(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: "1 minute ago", 2: "2 minutes ago"} {
		if got := In(problem.English, "ago.minutes", "n", n); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := In(problem.Japanese, "ago.minutes", "n", 1); got != "1分前" {
		t.Errorf("got %q", got)
	}
}

func TestDaysAreWrittenForTheirReader(t *testing.T) {
	t.Parallel()
	d, today := civil.Date{Year: 2026, Month: 12, Day: 8}, civil.Date{Year: 2026, Month: 11, Day: 23}
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	for got, want := range map[string]string{
		Day(problem.English, d):                                              "8 Dec 2026",
		Day(problem.Japanese, d):                                             "2026年12月8日",
		ShortDay(problem.English, d, today):                                  "8 Dec",
		ShortDay(problem.Japanese, d, d.AddDays(100)):                        "2026年12月8日",
		Day(problem.English, civil.Date{}):                                   "–",
		Ago(problem.English, now.Add(-49*time.Hour), now, time.UTC):          "2 days ago",
		Ago(problem.English, now.Add(-200*time.Hour), now, time.UTC):         "14 Nov",
		Moment(problem.Japanese, now, time.FixedZone("Asia/Tokyo", 9*60*60)): "2026年11月23日 12:00",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
