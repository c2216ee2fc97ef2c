package market_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"homecoming/internal/mail"
	"homecoming/market"
	"homecoming/market/markettest"
)

func TestAPasswordLetsItsOwnerInAndNobodyElse(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	who, err := w.Market.SignIn(ctx, " Manager@AOI.test ", markettest.Password)
	if err != nil || who.PersonID != aoi.Manager.PersonID || !who.Is(aoi.ID, market.Manager) {
		t.Errorf("%+v, %v", who, err)
	}
	for _, try := range [][2]string{{aoi.Manager.Email, "another password"}, {aoi.Manager.Email, ""}, {"nobody@aoi.test", markettest.Password},
		{"", ""}, {aoi.Manager.Email, strings.Repeat("x", 10_000)}} {
		if who, err := w.Market.SignIn(ctx, try[0], try[1]); !errors.Is(err, market.ErrSignIn) || who.PersonID != (market.Actor{}).PersonID {
			t.Errorf("%q came in as %+v: %v", try[0], who, err)
		}
	}
}

func TestSomebodyWithoutAPasswordCannotUseAnEmptyOne(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	w.Exec("UPDATE people SET password_hash = '' WHERE id = ?", aoi.Manager.PersonID)
	for _, password := range []string{"", "nobody's password", markettest.Password} {
		if _, err := w.Market.SignIn(context.Background(), aoi.Manager.Email, password); !errors.Is(err, market.ErrSignIn) {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestTheFirstSignInIsRememberedOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	first := w.Clock.Now()
	for range 2 {
		_, err := w.Market.SignIn(ctx, yumi.Email, markettest.Password)
		w.Check(err)
		w.Clock.Advance(time.Hour)
	}
	if n := w.Count("SELECT count(*) FROM people p JOIN memberships m ON m.person_id = p.id WHERE p.id = ? AND first_sign_in_at = ? AND joined_at = ?", yumi.PersonID, first, first); n != 1 {
		t.Error("the first time is not remembered, or was forgotten")
	}
}

func TestSomebodyIsAnAlumnusFromTheDayAfterTheLast(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi", markettest.Worked("Tax", "2012-04-01", "2018-03-31"), markettest.Worked("Audit", "2020-04-01", "2026-11-23"))
	if yumi.Is(aoi.ID, market.Alumnus) || !yumi.Is(aoi.ID, market.Staff) {
		t.Errorf("on her last day she is %+v", yumi.Grants)
	}
	w.Clock.Set(time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)) // midnight in Tokyo
	if who := w.Actor(yumi.PersonID); !who.Is(aoi.ID, market.Alumnus) || who.Is(aoi.ID, market.Staff) {
		t.Errorf("the day after she is %+v", who.Grants)
	}
	daniel := aoi.Alumnus("Okafor Daniel", markettest.Worked("Tax", "2012-04-01", "2018-03-31"), markettest.Worked("Tax", "2020-04-01", ""))
	if daniel.Is(aoi.ID, market.Alumnus) || !daniel.Is(aoi.ID, market.Staff) {
		t.Errorf("somebody who came back is %+v", daniel.Grants)
	}
}

func TestPasswordsAreLongAndChangedByWhoKnowsTheOldOne(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	who := w.Company("Aoi").Manager
	for password, want := range map[string]error{"short": market.ErrPasswordShort, strings.Repeat("x", 201): market.ErrTooLong, "MANAGER@aoi.test": market.ErrPasswordGuessed} {
		if err := w.Market.SetPassword(ctx, who, markettest.Password, password); !errors.Is(err, want) {
			t.Errorf("%q: %v", password, err)
		}
	}
	if err := w.Market.SetPassword(ctx, who, "a wrong password", "an entirely new one"); !errors.Is(err, market.ErrSignIn) {
		t.Error(err)
	}
	w.Check(w.Market.SetPassword(ctx, who, markettest.Password, "an entirely new one"))
	if _, err := w.Market.SignIn(ctx, who.Email, "an entirely new one"); err != nil {
		t.Error(err)
	}
	if _, err := w.Market.SignIn(ctx, who.Email, markettest.Password); !errors.Is(err, market.ErrSignIn) {
		t.Error("the old password still works")
	}
}

var linkInText = regexp.MustCompile(`https://home\.test/link/(\S+)`)

// linkIn sends a letter and gives the one-time link in it.
func linkIn(t *testing.T, w *markettest.World, l market.Letter) (raw string, m mail.Message) {
	t.Helper()
	outbox := &kept{}
	w.Check(w.Market.SendLetter(context.Background(), outbox, "https://home.test/", l, lastJob.Add(1)))
	if len(outbox.mails) != 1 {
		t.Fatalf("%d mails", len(outbox.mails))
	}
	found := linkInText.FindStringSubmatch(outbox.mails[0].Text)
	if found == nil {
		t.Fatalf("no link in %s", outbox.mails[0].Text)
	}
	return found[1], outbox.mails[0]
}

func TestALinkWorksOnceAndLookingDoesNotUseIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	w.Exec("UPDATE people SET password_hash = '' WHERE id = ?", yumi.PersonID)
	raw, _ := linkIn(t, w, market.Letter{Letter: market.LetterInvitation, PersonID: yumi.PersonID, CompanyID: aoi.ID, Path: "/tasks/1"})
	for range 3 {
		look, err := w.Market.LookAtLink(ctx, raw)
		if err != nil || look.Name != "Yumi Takahashi" || look.CompanyName != "Aoi" || look.Path != "/tasks/1" || look.HasPassword {
			t.Fatalf("%+v, %v", look, err)
		}
	}
	if _, _, err := w.Market.UseLink(ctx, raw, "short", ""); !errors.Is(err, market.ErrPasswordShort) {
		t.Fatal(err)
	}
	who, path, err := w.Market.UseLink(ctx, raw, "a password of hers", "")
	if err != nil || who.PersonID != yumi.PersonID || path != "/tasks/1" {
		t.Fatalf("%+v %s %v", who, path, err)
	}
	if _, err := w.Market.SignIn(ctx, yumi.Email, "a password of hers"); err != nil {
		t.Error(err)
	}
	if _, _, err := w.Market.UseLink(ctx, raw, "", ""); !errors.Is(err, market.ErrLinkSpent) {
		t.Errorf("used twice: %v", err)
	}
	if _, err := w.Market.LookAtLink(ctx, raw); !errors.Is(err, market.ErrLinkSpent) {
		t.Errorf("looked at afterwards: %v", err)
	}
	if n := w.Count("SELECT count(*) FROM one_time_links WHERE encode(hash, 'escape') LIKE ?", "%"+raw+"%"); n != 0 {
		t.Error("the link itself is stored")
	}
}

func TestALinkUsedTwiceAtOnceLetsOneIn(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	raw, _ := linkIn(t, w, market.Letter{Letter: market.LetterSignIn, PersonID: yumi.PersonID, Path: "/"})
	use := func() error { _, _, err := w.Market.UseLink(context.Background(), raw, "", ""); return err }
	wantOne(t, w.Together(use, use, use, use), market.ErrLinkSpent)
}

// wantOne fails unless one of results is nil and every other is want.
func wantOne(t *testing.T, results []error, want error) {
	t.Helper()
	good := 0
	for _, err := range results {
		if err == nil {
			good++
		} else if !errors.Is(err, want) {
			t.Errorf("unexpected: %v", err)
		}
	}
	if good != 1 {
		t.Errorf("%d of %d succeeded", good, len(results))
	}
}

func TestLinksGrowOldAndNewPasswordsSpendThem(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	letter := market.Letter{Letter: market.LetterSignIn, PersonID: yumi.PersonID, Path: "//evil.test/x"}
	raw, _ := linkIn(t, w, letter)
	if look, err := w.Market.LookAtLink(ctx, raw); err != nil || look.Path != "/" {
		t.Errorf("the link leads to %q, %v", look.Path, err)
	}
	w.Clock.Advance(30 * time.Minute)
	if _, _, err := w.Market.UseLink(ctx, raw, "", ""); !errors.Is(err, market.ErrLinkSpent) {
		t.Errorf("after half an hour: %v", err)
	}
	raw, _ = linkIn(t, w, letter)
	w.Check(w.Market.SetPassword(ctx, yumi.Actor, markettest.Password, "an entirely new one"))
	if _, err := w.Market.LookAtLink(ctx, raw); !errors.Is(err, market.ErrLinkSpent) {
		t.Errorf("after a new password: %v", err)
	}
	if _, err := w.Market.LookAtLink(ctx, "made up"); !errors.Is(err, market.ErrLinkSpent) {
		t.Error(err)
	}
}

func TestAskingForALinkTellsNothingAboutTheAddress(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	w.Check(w.Market.RequestLink(ctx, yumi.Email))
	w.Check(w.Market.RequestLink(ctx, "nobody@alumni.test"))
	letters := lettersOf(t, w, market.LetterSignIn)
	if len(letters) != 2 {
		t.Fatalf("%d letters: known and unknown do not look the same", len(letters))
	}
	outbox := &kept{}
	for i, l := range letters {
		w.Check(w.Market.SendLetter(ctx, outbox, "https://home.test", l, int64(i)))
	}
	if len(outbox.mails) != 1 || outbox.mails[0].To != yumi.Email {
		t.Errorf("sent: %+v", outbox.mails)
	}
}

func TestATokenActsAsItsPersonUntilItIsRevokedOrOld(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	soon := w.Clock.Now().Add(time.Hour)
	short, _, err := w.Market.CreateToken(ctx, aoi.Finance, "for an hour", &soon)
	w.Check(err)
	long, token, err := w.Market.CreateToken(ctx, aoi.Finance, "for good", nil)
	w.Check(err)
	for _, raw := range []string{short, long} {
		who, err := w.Market.ActorByToken(ctx, raw)
		if err != nil || who.PersonID != aoi.Finance.PersonID || !strings.HasPrefix(raw, "hc_") || len(raw) < 40 {
			t.Errorf("%s is %+v, %v", raw, who, err)
		}
	}
	w.Clock.Advance(time.Hour)
	if _, err := w.Market.ActorByToken(ctx, short); !errors.Is(err, market.ErrToken) {
		t.Errorf("an old token: %v", err)
	}
	if err := w.Market.RevokeToken(ctx, aoi.Manager, token.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("somebody else's: %v", err)
	}
	w.Check(w.Market.RevokeToken(ctx, aoi.Finance, token.ID))
	if _, err := w.Market.ActorByToken(ctx, long); !errors.Is(err, market.ErrToken) {
		t.Errorf("a revoked token: %v", err)
	}
	for _, raw := range []string{"", "hc_", "hc_made-up"} {
		if _, err := w.Market.ActorByToken(ctx, raw); !errors.Is(err, market.ErrToken) {
			t.Errorf("%q: %v", raw, err)
		}
	}
	if list, err := w.Market.Tokens(ctx, aoi.Finance); err != nil || len(list) != 1 || list[0].Name != "for an hour" || list[0].LastUsedAt == nil {
		t.Errorf("%+v, %v", list, err)
	}
	if _, _, err := w.Market.CreateToken(ctx, aoi.Finance, " ", nil); !errors.Is(err, market.ErrRequired) {
		t.Error(err)
	}
}
