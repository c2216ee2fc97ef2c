package web

import "testing"

func TestHoursAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]int64{"1:30": 90, "1.5": 90, "8": 480, "\u30000:05\u3000": 5, "1.25": 75, "0.33": 20, "１：３０": 90, "１．５": 90, "1時間30分": 90, "45分": 45, "2時間": 120,
		"1h30m": 90, "2H": 120, "0": 0} {
		if got, err := parseHours(typed); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", typed, got, err, want)
		}
	}
	for _, typed := range []string{"", "-1", "1:60", "1:5", "1,5", "1.234", "x", "1:30:00", "1000", "h", "分"} {
		if got, err := parseHours(typed); err == nil {
			t.Errorf("%q is read as %d", typed, got)
		}
	}
	for _, minutes := range []int64{0, 5, 60, 90, 600, 605} {
		if got, err := parseHours(hourText(minutes)); err != nil || got != minutes {
			t.Errorf("%d is written %q and read as %d, %v", minutes, hourText(minutes), got, err)
		}
	}
}

func FuzzHours(f *testing.F) {
	for _, seed := range []string{"1:30", "1.5", "8", "1時間30分", "45分", "1h30m", "", "1:60", "９９９．９９"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		minutes, err := parseHours(typed)
		if err != nil {
			return
		}
		if minutes < 0 || minutes > 999*60+9_999 {
			t.Fatalf("%q is read as %d", typed, minutes)
		}
		if again, err := parseHours(hourText(minutes)); minutes < 999*60 && (err != nil || again != minutes) {
			t.Fatalf("%q is %d, which is written %q and read as %d, %v", typed, minutes, hourText(minutes), again, err)
		}
	})
}
