package market

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestAReferralWhateverHappensToIt(t *testing.T) {
	t.Parallel()
	steps := slices.Sorted(maps.Keys(map[referralStep]bool{refuseReferral: true, expireReferral: true, takeReferral: true, withdrawReferral: true,
		moveReferral: true, winReferral: true, loseReferral: true, knowReferral: true, reopenReferral: true, agreeReferral: true}))
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
		d := ReferralDraft{Organisation: "青葉商事", ContactName: "Mori", ContactEmail: "mori@aoba.example", Why: "They grow.", Relation: FamilyOf, RelationNote: "a cousin"}
		r := d.referral(ReferralProgramme{Terms: ReferralTerms{HoldMonths: rapid.IntRange(1, maxHold).Draw(t, "months")}}, now)
		agreed := false
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 15*24).Draw(t, "hours")) * time.Hour)
			before, do := r, rapid.SampledFrom(steps).Draw(t, "step")
			var err error
			if do == agreeReferral {
				err = r.agree(uuid.New(), civil.DateOf(now), now)
			} else {
				err = r.step(do, now)
			}
			_, open := referralLife[before.State][do]
			late := do == agreeReferral && !now.Before(before.ExpiresAt)
			if (err == nil) != (open && !late) {
				t.Fatalf("%s from %s at %v: %v", do, before.State, now, err)
			}
			if err != nil && r.State != before.State {
				t.Fatalf("a refused %s leaves %s as %s", do, before.State, r.State)
			}
			agreed = agreed || err == nil && do == agreeReferral
			holds(t, r, agreed)
		}
	})
}

// holds wants what is true of a referral at any moment.
func holds(t *rapid.T, r Referral, agreed bool) {
	t.Helper()
	gone := slices.Contains(forgets, r.State)
	left := strings.Join([]string{r.ContactName, r.ContactEmail, r.Why, r.RelationNote, r.Domain, r.OrganisationKey}, "")
	switch {
	case (r.AgreedAt != nil) != agreed:
		t.Fatal("a yes without the customer's")
	case !agreed && slices.Contains([]ReferralState{ReferralAgreed, ReferralWon, ReferralLost, ReferralKnown}, r.State):
		t.Fatalf("the company has it as %s without a yes", r.State)
	case gone != (left == "") || gone != (r.ForgottenAt != nil):
		t.Fatalf("%s, and %q is left", r.State, left)
	case r.Holds && (gone || !agreed || r.HoldsUntil == nil):
		t.Fatalf("%s holds the customer", r.State)
	case len(referralLife[r.State]) == 0 && r.EndedAt == nil:
		t.Fatalf("%s has no end", r.State)
	}
}

func TestAFeeIsNeverBeyondItsTerms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		terms := ReferralTerms{Fee: ShareFee, BP: rapid.Int64Range(1, wholeBP).Draw(t, "bp"), Cap: rapid.Int64Range(0, maxAmount).Draw(t, "cap")}
		var sum, revenue int64
		for range rapid.IntRange(1, 12).Draw(t, "months") {
			earned := rapid.Int64Range(0, maxAmount).Draw(t, "revenue")
			fee := terms.FeeFor(earned, sum)
			if fee < 0 || fee > earned {
				t.Fatalf("%d of %d", fee, earned)
			}
			sum, revenue = sum+fee, revenue+earned
		}
		if terms.Cap > 0 && sum > terms.Cap || sum > revenue/wholeBP*terms.BP+terms.BP {
			t.Fatalf("%d of %d under %+v", sum, revenue, terms)
		}
	})
	for _, c := range []struct{ bp, limit, revenue, before, want int64 }{
		{250, 0, 1_000_000, 0, 25_000}, {250, 0, 1_999, 0, 49}, {250, 30_000, 1_000_000, 20_000, 10_000}, {250, 30_000, 1_000_000, 30_000, 0}, {10_000, 0, maxAmount, 0, maxAmount},
	} {
		if got := (ReferralTerms{Fee: ShareFee, BP: c.bp, Cap: c.limit}).FeeFor(c.revenue, c.before); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	if got := (ReferralTerms{Fee: FixedFee, Amount: 50_000}).FeeFor(0, 0); got != 50_000 {
		t.Errorf("fixed: %d", got)
	}
	for bp, want := range map[int64]string{250: "2.5", 1000: "10", 1: "0.01", 10_000: "100", 333: "3.33"} {
		if Percent(bp) != want {
			t.Errorf("%d is %s", bp, Percent(bp))
		}
	}
}
