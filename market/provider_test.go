package market_test

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/idp"
	"homecoming/internal/idp/idptest"
	"homecoming/internal/seal"
	"homecoming/market"
	"homecoming/market/markettest"
)

// A gate is a company with a provider that runs.
type gate struct {
	*markettest.World
	*markettest.Company
	at *idptest.Provider
}

// newGate is a world in which a company has set its provider up, been through it, proved its domain and switched it on. Its
// manager is s-manager there.
func newGate(t *testing.T) *gate {
	t.Helper()
	ctx := context.Background()
	w := markettest.New(t)
	box, err := seal.New("a key that is long enough for a test")
	w.Check(err)
	w.Market = market.New(w.DB, w.Clock, markettest.Resolve, markettest.CheapPasswords, market.WithBox(box), market.WithProviders(idp.NewClient(time.Now, true), "https://home.test/"))
	g := &gate{w, w.Company("Aoi"), idptest.Start(t, w.Market.ReturnAddress())}
	g.at.Person("s-manager", g.Manager.Email, true)
	g.at.Person("s-admin", "somebody@else.test", false)
	p, err := w.Market.SaveProvider(ctx, g.Administrator, g.ID, market.ProviderEdit{Issuer: g.at.URL, ClientID: idptest.ClientID, Secret: idptest.ClientSecret})
	w.Check(err)
	if _, err := w.Market.SwitchProvider(ctx, g.Administrator, g.ID, p.Version, market.ProviderOn); !errors.Is(err, market.ErrProviderUntested) {
		t.Errorf("on without a test: %v", err)
	}
	d, err := w.Market.TestProvider(ctx, g.Administrator, g.ID)
	w.Check(err)
	tested, err := w.Market.ArriveThrough(ctx, g.back(d, "s-admin", g.Administrator))
	if err != nil || !tested.Tested || tested.Identity.Subject != "s-admin" || tested.Known != "" || tested.Actor.PersonID != uuid.Nil {
		t.Fatalf("the test gave %+v, %v", tested, err)
	}
	if _, err := w.Market.SwitchProvider(ctx, g.Administrator, g.ID, p.Version, market.ProviderOn); !errors.Is(err, market.ErrNoProvedDomain) {
		t.Errorf("on without a domain: %v", err)
	}
	g.prove("aoi.test")
	g.turn(market.ProviderOn)
	return g
}

var codeInLetter = regexp.MustCompile(`\n    (\S+)\n`)

// prove makes a domain the company's by its letter.
func (g *gate) prove(domain string) market.Domain {
	g.Helper()
	ctx := context.Background()
	d, err := g.Market.AskDomain(ctx, g.Administrator, g.ID, domain)
	g.Check(err)
	var mails kept
	g.Check(g.Market.SendDomainLetter(ctx, &mails, "https://home.test", d.ID))
	if len(mails.mails) != 1 || mails.mails[0].To != "admin@"+domain {
		g.Fatalf("the letters are %v", mails.mails)
	}
	d, err = g.Market.ProveDomain(ctx, g.Administrator, d.ID, codeInLetter.FindStringSubmatch(mails.mails[0].Text)[1])
	g.Check(err)
	return d
}

func (g *gate) turn(to market.ProviderState) {
	g.Helper()
	p, err := g.Market.Provider(context.Background(), g.Administrator, g.ID)
	g.Check(err)
	_, err = g.Market.SwitchProvider(context.Background(), g.Administrator, g.ID, p.Version, to)
	g.Check(err)
}

// back is what a browser brings back after somebody signed in at the provider.
func (g *gate) back(d market.Departure, subject string, who market.Actor) market.Return {
	g.Helper()
	came := g.at.Walk(d.URL, subject)
	if came == nil {
		g.Fatalf("the provider does not let %s through", subject)
	}
	q := came.Query()
	return market.Return{State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss"), Refusal: q.Get("error"), Browser: d.Browser, Who: who}
}

// comeIn goes the whole way as a subject.
func (g *gate) comeIn(subject string) (market.Arrival, error) {
	g.Helper()
	d, err := g.Market.BeginThrough(context.Background(), "whoever@aoi.test", "/tasks")
	g.Check(err)
	return g.Market.ArriveThrough(context.Background(), g.back(d, subject, market.Actor{}))
}

func TestPeopleComeInThroughTheirCompanysProviderAndActThereAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := newGate(t)
	ben := g.World.Company("Ben")
	_, err := g.Market.Grant(ctx, ben.Administrator, ben.ID, market.Colleague{Email: g.Manager.Email, Role: market.Finance})
	g.Check(err)
	g.Exec("UPDATE role_grants SET accepted_at = now() WHERE company_id = ? AND person_id = ?", ben.ID, g.Manager.PersonID)
	g.Exec("INSERT INTO memberships (id, company_id, person_id, email, outside) VALUES (?, ?, ?, '', true)", uuid.New(), g.ID, g.Manager.PersonID)
	in, err := g.comeIn("s-manager")
	if err != nil || in.Path != "/tasks" || in.Actor.PersonID != g.Manager.PersonID {
		t.Fatalf("%+v, %v", in, err)
	}
	check := func(what string, who market.Actor) {
		t.Helper()
		if who.Through != g.ID || who.May(market.PostTasks, g.ID) != nil || !errors.Is(who.May(market.SeeMoney, ben.ID), market.ErrNotFound) || len(who.Memberships()) != 0 {
			t.Errorf("%s is %+v", what, who)
		}
	}
	check("who came in", in.Actor)
	session, err := g.Market.BeginSession(ctx, in.Actor, "Firefox", "192.0.2.1")
	g.Check(err)
	who, err := g.Market.ActorBySession(ctx, session)
	g.Check(err)
	check("the session", who)
	raw, _, err := g.Market.CreateToken(ctx, who, "script", nil)
	g.Check(err)
	byToken, err := g.Market.ActorByToken(ctx, raw)
	g.Check(err)
	check("the token", byToken)
	_, theirs, err := g.Market.CreateToken(ctx, g.Manager, "their own", nil)
	g.Check(err)
	if list, err := g.Market.Tokens(ctx, who); err != nil || len(list) != 1 || list[0].Name != "script" {
		t.Errorf("the tokens are %v, %v", list, err)
	}
	if err := g.Market.RevokeToken(ctx, who, theirs.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("a token of their own is revoked: %v", err)
	}
	if again, err := g.comeIn("s-manager"); err != nil || again.Actor.PersonID != g.Manager.PersonID {
		t.Errorf("the second time: %v", err)
	}
	g.Clock.Advance(market.VouchedLife + time.Minute)
	if _, err := g.Market.ActorBySession(ctx, session); !errors.Is(err, market.ErrNobody) {
		t.Errorf("a session that a provider began a day ago: %v", err)
	}
}

func TestWhomAProviderDoesNotLetIn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := newGate(t)
	ben := g.World.Company("Ben")
	yumi := g.Alumnus("Takahashi Yumi")
	g.Exec("UPDATE people SET email = 'yumi@aoi.test' WHERE id = ?", yumi.PersonID)
	for subject, c := range map[string]struct {
		email    string
		verified bool
		want     error
	}{
		"unverified":    {g.Finance.Email, false, market.ErrUnverified},
		"stranger":      {"nobody@aoi.test", true, market.ErrStrange},
		"alumna":        {"yumi@aoi.test", true, market.ErrStrange},
		"ben's":         {ben.Manager.Email, true, market.ErrStrange},
		"other domain":  {"chief@elsewhere.test", true, market.ErrStrange},
		"no mail":       {"", false, market.ErrUnverified},
		"another's own": {g.Manager.Email, true, nil},
	} {
		g.at.Person(subject, c.email, c.verified)
		if _, err := g.comeIn(subject); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", subject, err)
		}
	}
	if _, err := g.comeIn("s-manager"); !errors.Is(err, market.ErrOtherSubject) {
		t.Errorf("an address that was somebody else's before: %v", err)
	}
	g.Check(g.Market.Unlink(ctx, g.Administrator, g.ID, g.Manager.PersonID))
	if _, err := g.comeIn("s-manager"); err != nil {
		t.Errorf("after the two were parted: %v", err)
	}
	g.Check(g.Market.Revoke(ctx, g.Administrator, g.ID, g.Manager.PersonID, market.Manager))
	if _, err := g.comeIn("s-manager"); !errors.Is(err, market.ErrStrange) {
		t.Errorf("somebody whose role was taken back: %v", err)
	}
	if _, err := g.Market.BeginThrough(ctx, "x@ben.test", "/"); !errors.Is(err, market.ErrNoCompanySignIn) {
		t.Errorf("a domain that nobody proved: %v", err)
	}
	g.at.Dismiss("unverified")
	d, err := g.Market.BeginThrough(ctx, "x@aoi.test", "/")
	g.Check(err)
	if came := g.at.Walk(d.URL, "unverified"); came != nil {
		t.Errorf("somebody who left comes back with %v", came)
	}
}

func TestAWayThroughAProviderWorksOnceInTheBrowserThatBeganIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := newGate(t)
	begin := func() (market.Departure, market.Return) {
		d, err := g.Market.BeginThrough(ctx, "x@aoi.test", "//evil.test")
		g.Check(err)
		return d, g.back(d, "s-manager", market.Actor{})
	}
	other, _ := begin()
	_, r := begin()
	for name, change := range map[string]func(*market.Return){
		"another browser": func(r *market.Return) { r.Browser = other.Browser },
		"no browser":      func(r *market.Return) { r.Browser = "" },
		"another state":   func(r *market.Return) { r.State += "x" },
	} {
		wrong := r
		change(&wrong)
		if _, err := g.Market.ArriveThrough(ctx, wrong); !errors.Is(err, market.ErrVisit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if in, err := g.Market.ArriveThrough(ctx, r); err != nil || in.Path != "/" {
		t.Errorf("%+v, %v", in, err)
	}
	if _, err := g.Market.ArriveThrough(ctx, r); !errors.Is(err, market.ErrVisit) {
		t.Errorf("a second time: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*market.Return)
		want   error
	}{
		"refused there":   {func(r *market.Return) { r.Refusal, r.Code = "access_denied", "" }, market.ErrTurnedAway},
		"no code":         {func(r *market.Return) { r.Code = "" }, market.ErrTurnedAway},
		"another issuer":  {func(r *market.Return) { r.Issuer = "https://evil.test" }, idp.ErrVouch},
		"another's code":  {func(r *market.Return) { _, theirs := begin(); r.Code = theirs.Code }, idp.ErrVouch},
		"a made-up code":  {func(r *market.Return) { r.Code = "x" }, idp.ErrVouch},
		"another's nonce": {func(r *market.Return) { *r = g.withNonce("not ours") }, idp.ErrVouch},
	} {
		_, r := begin()
		c.change(&r)
		if _, err := g.Market.ArriveThrough(ctx, r); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, late := begin()
	g.Clock.Advance(11 * time.Minute)
	if _, err := g.Market.ArriveThrough(ctx, late); !errors.Is(err, market.ErrVisit) {
		t.Errorf("too late: %v", err)
	}
	_, off := begin()
	g.turn(market.ProviderOff)
	if _, err := g.Market.ArriveThrough(ctx, off); !errors.Is(err, market.ErrVisit) {
		t.Errorf("switched off meanwhile: %v", err)
	}
	g.at.Down(true)
	g.turn(market.ProviderOn)
	if _, err := g.Market.SaveProvider(ctx, g.Administrator, g.ID, market.ProviderEdit{Issuer: g.at.URL, ClientID: "x", Seen: 1}); !errors.Is(err, idp.ErrUnreachable) {
		t.Errorf("a provider that is down: %v", err)
	}
}

// withNonce goes through the provider with another nonce than ours.
func (g *gate) withNonce(nonce string) market.Return {
	g.Helper()
	d, err := g.Market.BeginThrough(context.Background(), "x@aoi.test", "/")
	g.Check(err)
	u, err := url.Parse(d.URL)
	g.Check(err)
	q := u.Query()
	q.Set("nonce", nonce)
	u.RawQuery = q.Encode()
	d.URL = u.String()
	return g.back(d, "s-manager", market.Actor{})
}

func TestARequiredProviderHoldsPeopleToItAndLocksNobodyOut(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := newGate(t)
	elsewhere, err := g.Market.Grant(ctx, g.Administrator, g.ID, market.Colleague{Email: "auditor@elsewhere.test", FamilyName: "A", Role: market.Finance})
	g.Check(err)
	password := func(who market.Actor) market.Actor {
		t.Helper()
		in, err := g.Market.SignIn(ctx, who.Email, markettest.Password)
		g.Check(err)
		return in
	}
	raw, _, err := g.Market.CreateToken(ctx, g.Manager, "before", nil)
	g.Check(err)
	if password(g.Manager).May(market.PostTasks, g.ID) != nil {
		t.Error("while it is only on, a password is enough")
	}
	g.turn(market.ProviderRequired)
	held := password(g.Manager)
	if err := held.May(market.PostTasks, g.ID); !errors.Is(err, market.ErrThroughProvider) || !slices.Contains(held.Withheld, g.ID) {
		t.Errorf("a manager by password: %v", err)
	}
	if err := held.MayAnywhere(market.PostTasks); !errors.Is(err, market.ErrThroughProvider) {
		t.Errorf("a manager by password, anywhere: %v", err)
	}
	if who, err := g.Market.ActorByToken(ctx, raw); err != nil || who.May(market.SeeTasks, g.ID) == nil {
		t.Errorf("a token of before: %v", err)
	}
	session, err := g.Market.BeginSession(ctx, held, "Firefox", "192.0.2.1")
	g.Check(err)
	if who, err := g.Market.ActorBySession(ctx, session); err != nil || who.Belongs(g.ID) {
		t.Errorf("a session by password: %v, %v", who.Grants, err)
	}
	if in, err := g.comeIn("s-manager"); err != nil || in.Actor.May(market.PostTasks, g.ID) != nil {
		t.Errorf("the same manager through the provider: %v", err)
	}
	if admin := password(g.Administrator); admin.May(market.Administer, g.ID) != nil {
		t.Error("an administrator is locked out")
	}
	auditor, err := g.Market.ActorOf(ctx, elsewhere.PersonID)
	g.Check(err)
	g.Check(g.Market.SetPassword(ctx, auditor, "", markettest.Password))
	if password(auditor).May(market.SeeMoney, g.ID) != nil {
		t.Error("somebody of another domain is held to it")
	}
	list, err := g.Market.MyAccounts(ctx, held)
	if err != nil || len(list) != 1 || !list[0].Linked {
		t.Errorf("%+v, %v", list, err)
	}
	through, err := g.comeIn("s-manager")
	g.Check(err)
	vouched, err := g.Market.BeginSession(ctx, through.Actor, "Firefox", "192.0.2.1")
	g.Check(err)
	g.turn(market.ProviderOff)
	if _, err := g.Market.ActorBySession(ctx, vouched); !errors.Is(err, market.ErrNobody) {
		t.Errorf("a session of a provider that was switched off: %v", err)
	}
}

func TestAnAccountWhoseAddressIsNotVerifiedIsConnectedByItsOwner(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := newGate(t)
	g.at.Person("s-finance", "", false)
	d, err := g.Market.LinkAccount(ctx, g.Finance, g.ID)
	g.Check(err)
	r := g.back(d, "s-finance", g.Finance)
	if _, err := g.Market.LinkAccount(ctx, g.World.Company("Ben").Manager, g.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("somebody of another company connects: %v", err)
	}
	if a, err := g.Market.ArriveThrough(ctx, r); err != nil || a.Actor.PersonID != uuid.Nil {
		t.Fatalf("%+v, %v", a, err)
	}
	if in, err := g.comeIn("s-finance"); err != nil || in.Actor.PersonID != g.Finance.PersonID {
		t.Errorf("%v", err)
	}
	d, err = g.Market.LinkAccount(ctx, g.Manager, g.ID)
	g.Check(err)
	if _, err := g.Market.ArriveThrough(ctx, g.back(d, "s-finance", g.Manager)); !errors.Is(err, market.ErrOtherSubject) {
		t.Errorf("somebody else's account: %v", err)
	}
	d, err = g.Market.LinkAccount(ctx, g.Manager, g.ID)
	g.Check(err)
	if _, err := g.Market.ArriveThrough(ctx, g.back(d, "s-manager", g.Office)); !errors.Is(err, market.ErrVisit) {
		t.Errorf("what another person began: %v", err)
	}
	list, err := g.Market.LinkedPeople(ctx, g.Administrator, g.ID)
	if err != nil || len(list) != 1 || list[0].PersonID != g.Finance.PersonID {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestAProviderIsSwitchedOnOnlyWhenItWasTestedAndCanBeFound(t *testing.T) {
	t.Parallel()
	tested := time.Now()
	for name, c := range map[string]struct {
		tested  *time.Time
		domains int
		to      market.ProviderState
		want    error
	}{
		"off always":       {nil, 0, market.ProviderOff, nil},
		"untested":         {nil, 1, market.ProviderOn, market.ErrProviderUntested},
		"without a domain": {&tested, 0, market.ProviderRequired, market.ErrNoProvedDomain},
		"on":               {&tested, 1, market.ProviderOn, nil},
		"required":         {&tested, 1, market.ProviderRequired, nil},
		"no such state":    {&tested, 1, "maybe", market.ErrNotOneOf},
	} {
		p, err := market.IdentityProvider{TestedAt: c.tested, State: market.ProviderOn}.Turn(c.to, c.domains)
		if !errors.Is(err, c.want) || err == nil && p.State != c.to || err != nil && p.State != market.ProviderOn {
			t.Errorf("%s: %s, %v", name, p.State, err)
		}
	}
}

func TestADomainIsProvedByItsLetterAndBelongsToOneCompany(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := newGate(t)
	for _, bad := range []string{"", "aoi", "a b.test", "-x.test", "x.test/", "user@x.test", "127.0.0.1", "x..test", "ｘ.test"} {
		if _, err := g.Market.AskDomain(ctx, g.Administrator, g.ID, bad); !errors.Is(err, market.ErrDomainForm) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	ben := g.World.Company("Ben")
	d, err := g.Market.AskDomain(ctx, ben.Administrator, ben.ID, "@AOI.test")
	g.Check(err)
	if _, err := g.Market.ProveDomain(ctx, ben.Administrator, d.ID, ""); !errors.Is(err, market.ErrDomainCode) {
		t.Errorf("before the letter: %v", err)
	}
	var mails kept
	g.Check(g.Market.SendDomainLetter(ctx, &mails, "https://home.test", d.ID))
	code := codeInLetter.FindStringSubmatch(mails.mails[0].Text)[1]
	if _, err := g.Market.ProveDomain(ctx, ben.Administrator, d.ID, "aaaa-bbbb-cccc-dddd"); !errors.Is(err, market.ErrDomainCode) {
		t.Errorf("another code: %v", err)
	}
	if _, err := g.Market.ProveDomain(ctx, ben.Administrator, d.ID, code); !errors.Is(err, market.ErrDomainTaken) {
		t.Errorf("another company's: %v", err)
	}
	if _, err := g.Market.AskDomain(ctx, ben.Administrator, ben.ID, "aoi.test"); !errors.Is(err, market.ErrDomainSoon) {
		t.Errorf("two letters at once: %v", err)
	}
	all, err := g.Market.Domains(ctx, g.Administrator, g.ID)
	g.Check(err)
	g.Check(g.Market.RemoveDomain(ctx, g.Administrator, all[0].ID))
	g.Clock.Advance(15 * 24 * time.Hour)
	if _, err := g.Market.ProveDomain(ctx, ben.Administrator, d.ID, code); !errors.Is(err, market.ErrDomainCode) {
		t.Errorf("an old letter: %v", err)
	}
	_, err = g.Market.AskDomain(ctx, ben.Administrator, ben.ID, "aoi.test")
	g.Check(err)
	mails.mails = nil
	g.Check(g.Market.SendDomainLetter(ctx, &mails, "https://home.test", d.ID))
	proved, err := g.Market.ProveDomain(ctx, ben.Administrator, d.ID, codeInLetter.FindStringSubmatch(mails.mails[0].Text)[1])
	if err != nil || proved.ProvedAt == nil {
		t.Errorf("%v", err)
	}
	if err := g.Market.RemoveDomain(ctx, g.Administrator, d.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("a stranger's domain: %v", err)
	}
}
