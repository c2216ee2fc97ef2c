package market_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestRegistrationNumbersAreChecked(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"T7010705000725", "T9011101097073", "T7120001168421"} {
		if !market.ValidRegistration(good, true) {
			t.Errorf("%s is refused", good)
		}
	}
	for _, bad := range []string{"", "T", "7010705000725", "T701070500072", "T70107050007255", "T701070500072x", "T1234567890123"} {
		if market.ValidRegistration(bad, true) {
			t.Errorf("%q is taken for a corporation's", bad)
		}
	}
	if !market.ValidRegistration("T1234567890123", false) {
		t.Error("an individual's number has no check digit to fail")
	}
}

func TestEveryCheckDigitButOneIsRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		twelve := rapid.StringMatching(`[0-9]{12}`).Draw(t, "number")
		good := 0
		for d := range 10 {
			if market.ValidRegistration(fmt.Sprintf("T%d%s", d, twelve), true) {
				good++
				if d == 0 {
					t.Fatalf("no corporation's number begins with 0: %s", twelve)
				}
			}
		}
		if good != 1 {
			t.Fatalf("%s has %d check digits", twelve, good)
		}
	})
}

func FuzzValidRegistration(f *testing.F) {
	for _, s := range []string{"T7010705000725", "T9011101097073", "T7120001168421", "T1234567890123", "", "T", "t7010705000725", "T７010705000725", "T-010705000725", "T7010705000725\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		form := len(s) == 14 && s[0] == 'T' && strings.Trim(s[1:], "0123456789") == ""
		if market.ValidRegistration(s, false) != form {
			t.Errorf("%q as an individual's: %v", s, !form)
		}
		if market.ValidRegistration(s, true) && !form {
			t.Errorf("%q is taken for a corporation's", s)
		}
	})
}

func TestTheDatabaseWritesNamesAsPeopleDo(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	for _, p := range []market.Person{{FamilyName: "高橋", GivenName: "由美"}, {FamilyName: "Okafor", GivenName: "Daniel"}, {FamilyName: "García-Núñez", GivenName: "Erik"},
		{FamilyName: "O’Neill", GivenName: "Máire"}, {GivenName: "Yumi"}, {FamilyName: "タカハシ"}, {FamilyName: "Kim", GivenName: "민준"}, {FamilyName: "Nguyễn", GivenName: "Ánh"}} {
		var name string
		w.Check(w.DB.Gorm(context.Background()).Raw("SELECT name_of(jsonb_populate_record(NULL::people, jsonb_build_object('family_name', ?::text, 'given_name', ?::text)))",
			p.FamilyName, p.GivenName).Scan(&name).Error)
		if name != p.Name() {
			t.Errorf("%q, want %q", name, p.Name())
		}
	}
}
