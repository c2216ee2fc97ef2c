package market_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"homecoming/internal/seal"
	"homecoming/market"
	"homecoming/market/markettest"
)

// guarded is somebody with an authenticator, its secret and its recovery codes.
func guarded(t *testing.T, w *markettest.World) (who market.Actor, secret string, recovery []string) {
	t.Helper()
	ctx := context.Background()
	box, err := seal.New("a key that only this test knows, long enough")
	w.Check(err)
	w.Market = market.New(w.DB, w.Clock, markettest.Resolve, markettest.CheapPasswords, market.WithBox(box))
	who = w.Company("Aoi").Manager
	a, err := w.Market.BeginAuthenticator(ctx, who)
	w.Check(err)
	recovery, err = w.Market.ConfirmAuthenticator(ctx, who, code(w, a.Secret))
	w.Check(err)
	w.Clock.Advance(time.Minute)
	return who, a.Secret, recovery
}

func code(w *markettest.World, secret string) string {
	w.Helper()
	c, err := totp.GenerateCode(secret, w.Clock.Now())
	w.Check(err)
	return c
}

// knock gives the right password and returns the ticket for the second step.
func knock(t *testing.T, w *markettest.World, who market.Actor) string {
	t.Helper()
	_, err := w.Market.SignIn(context.Background(), who.Email, markettest.Password)
	ticket, asked := market.Ticket(err)
	if !asked {
		t.Fatalf("the password alone: %v", err)
	}
	return ticket
}

func TestAnAuthenticatorIsAskedForAfterThePassword(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	who, secret, _ := guarded(t, w)
	if _, err := w.Market.SignIn(ctx, who.Email, "not the password"); !errors.Is(err, market.ErrSignIn) {
		t.Errorf("a wrong password: %v", err)
	}
	ticket := knock(t, w, who)
	for _, wrong := range []string{"", "000000", "12345678901234567890", code(w, "JBSWY3DPEHPK3PXP")} {
		if _, err := w.Market.SignInByCode(ctx, ticket, wrong); !errors.Is(err, market.ErrCode) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	in, err := w.Market.SignInByCode(ctx, ticket, " "+code(w, secret)[:3]+" "+code(w, secret)[3:])
	if err != nil || in.PersonID != who.PersonID {
		t.Fatalf("the right code: %v", err)
	}
	if _, err := w.Market.SignInByCode(ctx, ticket, code(w, secret)); !errors.Is(err, market.ErrLinkSpent) {
		t.Errorf("the ticket again: %v", err)
	}
	if _, err := w.Market.SignInByCode(ctx, knock(t, w, who), code(w, secret)); !errors.Is(err, market.ErrCode) {
		t.Errorf("the same code again: %v", err)
	}
	w.Clock.Advance(30 * time.Second)
	if _, err := w.Market.SignInByCode(ctx, knock(t, w, who), code(w, secret)); err != nil {
		t.Errorf("the next code: %v", err)
	}
	late := knock(t, w, who)
	w.Clock.Advance(11 * time.Minute)
	if _, err := w.Market.SignInByCode(ctx, late, code(w, secret)); !errors.Is(err, market.ErrLinkSpent) {
		t.Errorf("a ticket of eleven minutes ago: %v", err)
	}
}

func TestARecoveryCodeWorksOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	who, _, recovery := guarded(t, w)
	if len(recovery) != 10 {
		t.Fatalf("%d recovery codes", len(recovery))
	}
	if _, err := w.Market.SignInByCode(ctx, knock(t, w, who), recovery[3]); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Market.SignInByCode(ctx, knock(t, w, who), recovery[3]); !errors.Is(err, market.ErrCode) {
		t.Errorf("again: %v", err)
	}
	if has, left, err := w.Market.HasAuthenticator(ctx, who); err != nil || !has || left != 9 {
		t.Errorf("%v, %d left, %v", has, left, err)
	}
}

func TestALinkByMailDoesNotGoRoundTheAuthenticator(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	who, secret, _ := guarded(t, w)
	raw, _ := linkIn(t, w, market.Letter{Letter: market.LetterSignIn, PersonID: who.PersonID, Path: "/"})
	if _, _, err := w.Market.UseLink(ctx, raw, "a brand new password", ""); !errors.Is(err, market.ErrCodeNeeded) {
		t.Errorf("without a code: %v", err)
	}
	if _, _, err := w.Market.UseLink(ctx, raw, "a brand new password", "000000"); !errors.Is(err, market.ErrCode) {
		t.Errorf("with a wrong code: %v", err)
	}
	knock(t, w, who) // the old password still holds
	if _, _, err := w.Market.UseLink(ctx, raw, "", code(w, secret)); err != nil {
		t.Errorf("with the code: %v", err)
	}
}

func TestAnAuthenticatorIsRemovedOnlyByWhoHasIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	who, secret, _ := guarded(t, w)
	if err := w.Market.RemoveAuthenticator(ctx, who, "000000"); !errors.Is(err, market.ErrCode) {
		t.Errorf("a wrong code: %v", err)
	}
	if _, err := w.Market.BeginAuthenticator(ctx, who); !errors.Is(err, market.ErrAuthenticatorThere) {
		t.Errorf("another one beside it: %v", err)
	}
	w.Check(w.Market.RemoveAuthenticator(ctx, who, code(w, secret)))
	if _, err := w.Market.SignIn(ctx, who.Email, markettest.Password); err != nil {
		t.Errorf("afterwards the password is enough: %v", err)
	}
}

func TestWithoutAKeyNobodySetsUpAnAuthenticator(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	who := w.Company("Aoi").Manager
	if _, err := w.Market.BeginAuthenticator(context.Background(), who); !errors.Is(err, seal.ErrNoKey) {
		t.Error(err)
	}
}

func TestAnAuthenticatorsSecretIsNotReadableInTheDatabase(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	_, secret, _ := guarded(t, w)
	if n := w.Count("SELECT count(*) FROM authenticators WHERE position(convert_to(?, 'UTF8') IN secret) > 0", secret); n != 0 {
		t.Error("the secret is stored as it is")
	}
}
