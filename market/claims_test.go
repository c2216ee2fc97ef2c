package market_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/market/markettest"
)

// stranger comes in by a company's door.
func stranger(t *testing.T, w *markettest.World, c *markettest.Company, email string) market.Actor {
	t.Helper()
	ctx := context.Background()
	token, _ := tokenOfKnock(t, w, c, email)
	who, path, err := w.Market.ComeIn(ctx, token, market.Newcomer{FamilyName: "Mori", GivenName: "Ken"})
	w.Check(err)
	if path != "/claims/new?company="+c.ID.String() {
		t.Fatalf("he is led to %s", path)
	}
	return who
}

func tokenOfKnock(t *testing.T, w *markettest.World, c *markettest.Company, email string) (token, kind string) {
	t.Helper()
	w.Check(w.Market.Knock(context.Background(), c.ID, email, problem.English))
	outbox := &kept{}
	w.Check(w.Market.AnswerKnock(context.Background(), outbox, "https://home.test", c.ID, email))
	for line := range strings.Lines(outbox.mails[0].Text) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "https://home.test/"); ok {
			kind, token, _ = strings.Cut(rest, "/")
		}
	}
	if outbox.mails[0].To != strings.ToLower(email) {
		t.Fatalf("the letter goes to %s", outbox.mails[0].To)
	}
	return token, kind
}

// claimAt is a claim to have worked in Sales, with colleagues.
func claimAt(c *markettest.Company, from, to string, colleagues ...string) market.ClaimDraft {
	return market.ClaimDraft{CompanyID: c.ID, Department: "Sales", JoinedOn: since(from), LeftOn: since(to), Colleagues: colleagues}
}

func TestTwoColleaguesWhoWereThereLetSomebodyIn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi", markettest.Worked("Sales", "2008-04-01", "2012-03-31"))
	leo := aoi.Alumnus("Late Leo", markettest.Worked("Tax", "2013-04-01", ""))
	early := aoi.Alumnus("Early Emi", markettest.Worked("Sales", "2000-04-01", "2009-05-31")) // two months together
	ken := stranger(t, w, aoi, "Ken@Home.example")
	if ken.Belongs(aoi.ID) {
		t.Fatal("a stranger belongs to the company")
	}
	claim, err := w.Market.MakeClaim(ctx, ken, claimAt(aoi, "2009-04-01", "2014-03-31", yumi.Email, leo.Email, early.Email, "nobody@ex.jp"))
	w.Check(err)
	if n := len(lettersOf(t, w, market.LetterVouch)); n != 2 {
		t.Errorf("%d colleagues are asked", n)
	}
	if l := lettersOf(t, w, market.LetterClaim); len(l) != 1 || l[0].PersonID != aoi.Office.PersonID {
		t.Errorf("the office is told %+v", l)
	}
	if err := w.Market.AnswerClaim(ctx, early.Actor, claim.ID, true); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("somebody answers who was not asked: %v", err)
	}
	w.Check(w.Market.AnswerClaim(ctx, yumi.Actor, claim.ID, true))
	for _, wit := range mustClaim(t, w, ken, claim).Witnesses {
		if wit.PersonID != nil || wit.Answer != "" || wit.Overlap != 0 || wit.Name != "" {
			t.Errorf("he learns who is a member: %+v", wit)
		}
	}
	if seen := mustClaim(t, w, leo.Actor, claim); len(seen.Witnesses) != 1 || seen.Email != "" {
		t.Errorf("a colleague sees the others: %+v", seen)
	}
	w.Check(w.Market.AnswerClaim(ctx, leo.Actor, claim.ID, true))
	done := mustClaim(t, w, ken, claim)
	if done.State != market.ClaimVerified || done.VerifiedBy != market.ByColleagues {
		t.Fatalf("%+v", done)
	}
	in := w.Actor(ken.PersonID)
	if !in.Is(aoi.ID, market.Alumnus) {
		t.Fatalf("he is %+v", in.Grants)
	}
	m := member(t, w, aoi.Office, *done.MembershipID)
	if m.Name != "Ken Mori" || m.Stints[0].Department != "Sales" || m.Stints[0].JoinedOn != markettest.Day("2009-04-01") {
		t.Errorf("%+v", m)
	}
	if n := w.Count("SELECT count(*) FROM audit WHERE action = 'claim.verify' AND detail->>'by' = 'colleagues' AND jsonb_array_length(detail->'evidence') = 2"); n != 1 {
		t.Error("the log has no evidence")
	}
	if err := w.Market.AnswerClaim(ctx, leo.Actor, claim.ID, false); !errors.Is(err, market.ErrClaimEnded) {
		t.Errorf("answered afterwards: %v", err)
	}
	// Whom colleagues alone let in lets nobody else in.
	other := stranger(t, w, aoi, "other@home.example")
	_, err = w.Market.MakeClaim(ctx, other, claimAt(aoi, "2010-04-01", "2013-03-31", in.Email))
	w.Check(err)
	if n := len(lettersOf(t, w, market.LetterVouch)); n != 2 {
		t.Error("somebody whom only colleagues vouched for is asked to vouch")
	}
}

func mustClaim(t *testing.T, w *markettest.World, who market.Actor, c market.Claim) market.Claim {
	t.Helper()
	seen, err := w.Market.Claim(context.Background(), who, c.ID)
	w.Check(err)
	return seen
}

func TestANoLeavesItToTheOffice(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	var asked []string
	var colleagues []markettest.Alumnus
	for _, name := range []string{"One Ono", "Two Taro", "Three Sato"} {
		a := aoi.Alumnus(name, markettest.Worked("Sales", "2008-04-01", "2014-03-31"))
		colleagues, asked = append(colleagues, a), append(asked, a.Email)
	}
	ken := stranger(t, w, aoi, "ken@home.example")
	claim, err := w.Market.MakeClaim(ctx, ken, claimAt(aoi, "2009-04-01", "2014-03-31", asked...))
	w.Check(err)
	w.Check(w.Market.AnswerClaim(ctx, colleagues[0].Actor, claim.ID, false))
	w.Check(w.Market.AnswerClaim(ctx, colleagues[1].Actor, claim.ID, true))
	w.Check(w.Market.AnswerClaim(ctx, colleagues[2].Actor, claim.ID, true))
	if c := mustClaim(t, w, aoi.Office, claim); c.State != market.ClaimOpen || c.Witnesses[0].Answer != "no" || c.Witnesses[0].Name != "Ono One" {
		t.Fatalf("%+v", c)
	}
	for who, want := range map[*market.Actor]error{&aoi.Manager: market.ErrNotFound, &ben.Office: market.ErrNotFound, &ken: market.ErrForbidden, &colleagues[0].Actor: market.ErrForbidden} {
		if err := w.Market.VerifyClaim(ctx, *who, claim.ID, market.ClaimVerdict{}); !errors.Is(err, want) {
			t.Errorf("%s verifies: %v", who.Email, err)
		}
	}
	if err := w.Market.RefuseClaim(ctx, aoi.Office, claim.ID, " "); !errors.Is(err, market.ErrRequired) {
		t.Errorf("refused without a reason: %v", err)
	}
	w.Check(w.Market.RefuseClaim(ctx, aoi.Office, claim.ID, "Nobody of that name."))
	if l := lettersOf(t, w, market.LetterClaimOver); len(l) != 1 || l[0].PersonID != ken.PersonID || l[0].Facts["reason"] != "Nobody of that name." {
		t.Errorf("%+v", l)
	}
	if w.Actor(ken.PersonID).Belongs(aoi.ID) {
		t.Error("he is in")
	}
}

func TestTheOfficeSaysWhoSomebodyIsInItsFile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	importInto(t, w, aoi, header+"mori@aoi.example,Mori,Ken,,,Sales,2009-04-01,2014-03-31,Selling:3,,,,\n", false)
	ken := stranger(t, w, aoi, "ken@home.example")
	claim, err := w.Market.MakeClaim(ctx, ken, claimAt(aoi, "2009-04-01", "2014-03-01"))
	w.Check(err)
	same, err := w.Market.Namesakes(ctx, aoi.Office, claim)
	w.Check(err)
	if len(same) != 1 || same[0].Email != "mori@aoi.example" {
		t.Fatalf("namesakes: %+v", same)
	}
	yumi := aoi.Alumnus("Takahashi Yumi")
	_, err = w.Market.SignIn(ctx, yumi.Email, markettest.Password)
	w.Check(err)
	if err := w.Market.VerifyClaim(ctx, aoi.Office, claim.ID, market.ClaimVerdict{Member: &yumi.MembershipID}); !errors.Is(err, market.ErrNotThem) {
		t.Errorf("he takes the record of somebody who has been here: %v", err)
	}
	w.Check(w.Market.VerifyClaim(ctx, aoi.Office, claim.ID, market.ClaimVerdict{Member: &same[0].ID}))
	m := member(t, w, aoi.Office, same[0].ID)
	if m.PersonID != ken.PersonID || len(m.Stints) != 1 || len(m.Skills) != 1 || m.State != market.Joined {
		t.Errorf("%+v", m)
	}
	if n := w.Count("SELECT count(*) FROM people WHERE email = 'mori@aoi.example'"); n != 0 {
		t.Error("the record's own person is still there")
	}
	if r := importInto(t, w, aoi, header+"mori@aoi.example,Mori,Ken,,,Sales,2009-04-01,2014-03-31,Selling:3,,,,\n", false); r.Unchanged != 1 {
		t.Errorf("the same file again: %+v", r)
	}
}

func TestClaimsThatNobodyAnswersExpire(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	ken := stranger(t, w, aoi, "ken@home.example")
	claim, err := w.Market.MakeClaim(ctx, ken, claimAt(aoi, "2009-04-01", "2014-03-31"))
	w.Check(err)
	if _, err := w.Market.MakeClaim(ctx, ken, claimAt(aoi, "2009-04-01", "2014-03-31")); !errors.Is(err, market.ErrClaimOpen) {
		t.Errorf("claimed twice: %v", err)
	}
	w.Clock.Advance(61 * 24 * time.Hour)
	if err := w.Market.VerifyClaim(ctx, aoi.Office, claim.ID, market.ClaimVerdict{}); !errors.Is(err, market.ErrClaimEnded) {
		t.Errorf("answered too late: %v", err)
	}
	n, err := w.Market.ExpireClaims(ctx)
	w.Check(err)
	if c := mustClaim(t, w, ken, claim); n != 1 || c.State != market.ClaimExpired {
		t.Errorf("%d ended, this one is %s", n, c.State)
	}
	again, err := w.Market.MakeClaim(ctx, ken, claimAt(aoi, "2009-04-01", "2014-03-31"))
	w.Check(err)
	w.Check(w.Market.WithdrawClaim(ctx, ken, again.ID))
}

func TestADoorSaysNothingAboutWhoIsKnown(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi := ben.Alumnus("Takahashi Yumi")
	if token, kind := tokenOfKnock(t, w, aoi, yumi.Email); kind != "link" {
		t.Errorf("somebody who is known gets a %s", kind)
	} else if who, path, err := w.Market.UseLink(ctx, token, "", ""); err != nil || who.PersonID != yumi.PersonID || !strings.HasPrefix(path, "/claims/new") {
		t.Errorf("it lets %s in to %s: %v", who.Name, path, err)
	}
	token, _ := tokenOfKnock(t, w, aoi, "ken@home.example")
	people := w.Count("SELECT count(*) FROM people")
	if _, err := w.Market.LookAtKnock(ctx, token); err != nil || w.Count("SELECT count(*) FROM people") != people {
		t.Errorf("looking makes somebody: %v", err)
	}
	_, _, err := w.Market.ComeIn(ctx, token, market.Newcomer{FamilyName: "Mori"})
	w.Check(err)
	if _, _, err := w.Market.ComeIn(ctx, token, market.Newcomer{FamilyName: "Mori"}); !errors.Is(err, market.ErrLinkSpent) {
		t.Errorf("it works twice: %v", err)
	}
	w.Clock.Advance(25 * time.Hour)
	for _, bad := range []string{"", "no address", "x@y"} {
		if err := w.Market.Knock(ctx, aoi.ID, bad, problem.English); err == nil {
			t.Errorf("%q knocks", bad)
		}
	}
}

func TestDraftsOfClaimsAreRefusedWithTheirReason(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	ken := stranger(t, w, aoi, "ken@home.example")
	long := claimAt(aoi, "2009-04-01", "2014-03-31")
	for i := range 6 {
		long.Colleagues = append(long.Colleagues, fmt.Sprintf("c%d@ex.jp", i))
	}
	for name, c := range map[string]struct {
		draft market.ClaimDraft
		want  error
	}{
		"backwards":      {claimAt(aoi, "2014-04-01", "2009-03-31"), market.ErrClaimDays},
		"the future":     {claimAt(aoi, "2014-04-01", "2030-03-31"), market.ErrClaimDays},
		"no first day":   {market.ClaimDraft{CompanyID: aoi.ID, LeftOn: since("2014-03-31")}, market.ErrRequired},
		"oneself":        {claimAt(aoi, "2009-04-01", "2014-03-31", "KEN@home.example"), market.ErrOwnWitness},
		"the same twice": {claimAt(aoi, "2009-04-01", "2014-03-31", "a@ex.jp", "A@ex.jp"), market.ErrWitnessOnce},
		"no address":     {claimAt(aoi, "2009-04-01", "2014-03-31", "somebody"), market.ErrAddress},
		"too many":       {long, market.ErrWitnesses},
	} {
		if _, err := w.Market.MakeClaim(ctx, ken, c.draft); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACompanysProviderClaimsAndAnswersForNobody(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi", markettest.Worked("Sales", "2008-04-01", "2012-03-31"))
	ken := stranger(t, w, aoi, "ken@home.example")
	claim, err := w.Market.MakeClaim(ctx, ken, claimAt(aoi, "2009-04-01", "2011-03-31", yumi.Email))
	w.Check(err)
	for _, who := range []*market.Actor{&ken, &yumi.Actor} {
		who.Through = aoi.ID
	}
	if _, err := w.Market.MakeClaim(ctx, ken, claimAt(aoi, "2009-04-01", "2011-03-31")); !errors.Is(err, market.ErrOwnMeans) {
		t.Errorf("a claim: %v", err)
	}
	if list, err := w.Market.MyClaims(ctx, ken); err != nil || len(list) != 0 {
		t.Errorf("%d claims are shown: %v", len(list), err)
	}
	if err := w.Market.AnswerClaim(ctx, yumi.Actor, claim.ID, true); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("an answer: %v", err)
	}
}
