package market

import (
	"reflect"
	"testing"

	"cloud.google.com/go/civil"
	"golang.org/x/text/encoding/japanese"
)

func TestDaysAreReadInEveryWayPeopleWriteThem(t *testing.T) {
	t.Parallel()
	want := civil.Date{Year: 2024, Month: 3, Day: 31}
	for _, text := range []string{"2024-03-31", "2024/3/31", "2024/03/31", "2024.3.31", "2024年3月31日", "２０２４／３／３１", "令和6年3月31日", "R6.3.31", "㋿6年3月31日"} {
		if got, err := parseDay(text); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{"令和元年5月1日": "2019-05-01", "平成31年4月30日": "2019-04-30", "S64.1.7": "1989-01-07"} {
		if got, err := parseDay(text); err != nil || got.String() != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2024-02-30", "31/3/2024", "2024-13-01", "0000-00-00", "24-3-31", "2024-3", "tomorrow", "45382", "2024-03-31T00:00"} {
		if got, err := parseDay(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestAmountsAreReadInMinorUnits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text     string
		decimals int
		want     int64
	}{{"5000", 0, 5000}, {"¥5,000", 0, 5000}, {"￥５，０００", 0, 5000}, {"5000円", 0, 5000}, {"5000.00", 0, 5000}, {"50.25", 2, 5025}, {"50.5", 2, 5050}, {"50", 2, 5000}, {"-3", 0, -3}} {
		if got, err := minorUnits(c.text, c.decimals); err != nil || got != c.want {
			t.Errorf("%s with %d decimals is %d, %v", c.text, c.decimals, got, err)
		}
	}
	for _, text := range []string{"", "5000.5", "1e3", "five", "+5", "1.-5", "99999999999999999999", "0x10"} {
		if got, err := minorUnits(text, 0); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}

func TestEveryColumnIsKnownByItsNames(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, c := range HRColumns {
		for _, heading := range append(c.Others, c.Name, " "+c.Name+" ") {
			if got := column(heading); got != c.Name {
				t.Errorf("%s means %q, not %s", heading, got, c.Name)
			}
			if other, taken := seen[folded(heading)]; taken && other != c.Name {
				t.Errorf("%s means both %s and %s", heading, c.Name, other)
			}
			seen[folded(heading)] = c.Name
		}
	}
	if len(HRColumns) != 14 {
		t.Errorf("%d columns; the API's document names 13, and departure", len(HRColumns))
	}
}

// FuzzHRFilesAreReadOrRefused throws anything at the reader: it must account for every row and take only rows that
// the database can hold.
func FuzzHRFilesAreReadOrRefused(f *testing.F) {
	const head = "email,family_name,given_name,family_kana,given_kana,department,joined_on,left_on,skills,hourly_rate,available_from,entity,registration_number\n"
	sjis, _ := japanese.ShiftJIS.NewEncoder().String("メール,姓,入社日\nx@ex.jp,髙橋,2020年1月2日\n")
	for _, seed := range []string{"", head, sjis, head + "a@ex.jp,A,B,,,D,2020-01-01,2021-01-01,S:3:self;T,1,2022-01-01,E,T1234567890123\n",
		head + "a@ex.jp,\"A\nB\",,,,,2020-01-01,,,,,,\n", head + "\"open,quote\nnever closed", head + "a@ex.jp,x\"y\n,,\n\n;;;", "\xef\xbb\xbf" + head, "\xff\xfe", "email,姓,入社日,退職日\na@b.c,x,R1.1.1,H1.1.1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, good, err := readWhole(file)
		again, goodAgain, err2 := readWhole(file)
		if !reflect.DeepEqual(good, goodAgain) || (err == nil) != (err2 == nil) || err == nil && !reflect.DeepEqual(got.faults, again.faults) {
			t.Fatal("the same file reads differently")
		}
		if err != nil {
			if asProblem(err) == nil {
				t.Fatalf("no reason that a person can act on: %v", err)
			}
			return
		}
		for _, l := range good {
			checkRow(t, l, l.row("JPY"))
		}
		if len(good)+got.rejected != got.rows || (got.rejected == 0) != (len(got.faults) == 0) {
			t.Fatalf("%d good and %d rejected of %d rows, %d faults", len(good), got.rejected, got.rows, len(got.faults))
		}
	})
}

// readWhole reads a file to its end.
func readWhole(file []byte) (*hrReader, []hrLine, error) {
	r, err := openHR(file, "JPY")
	if err != nil {
		return r, nil, err
	}
	var good []hrLine
	for l, more := r.next(); more; l, more = r.next() {
		good = append(good, l)
	}
	return r, good, nil
}

// checkRow holds what is read again from the cells of a good line: they are what waits in the database.
func checkRow(t *testing.T, l hrLine, r hrRow) {
	switch {
	case r.email != l.email || r.line != l.line || !address.MatchString(r.email):
		t.Fatalf("an address: %q of %q", r.email, l.email)
	case r.familyName == "" && r.givenName == "":
		t.Fatal("a row without a name")
	case !r.joinedOn.IsValid() || r.leftOn != nil && r.leftOn.Before(r.joinedOn):
		t.Fatalf("a stint from %v to %v", r.joinedOn, r.leftOn)
	case r.hourlyRate != nil && (*r.hourlyRate <= 0 || *r.hourlyRate > maxAmount):
		t.Fatalf("a rate of %d", *r.hourlyRate)
	}
	for _, k := range r.skills {
		if k.name == "" || k.level < 1 || k.level > 3 || k.evidence == "" {
			t.Fatalf("a skill: %+v", k)
		}
	}
}
