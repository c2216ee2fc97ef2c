package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"homecoming/internal/idp/idptest"
	"homecoming/market"
)

// through goes on from the page that sends a browser to a provider, signs somebody in there and comes back.
func (b *browser) through(at *idptest.Provider, page shown, subject string) shown {
	b.Helper()
	_, address, found := strings.Cut(page.is(http.StatusOK).Header.Get("Refresh"), "url=")
	if !found {
		b.Fatalf("the page leads nowhere: %.600s", page.body)
	}
	came := at.Walk(address, subject)
	if came == nil {
		b.Fatalf("the provider does not let %s through", subject)
	}
	return b.get(came.RequestURI())
}

func TestACompanySetsUpItsOwnSignInAndPeopleComeInByIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	at := idptest.Start(t, w.Market.ReturnAddress())
	at.Person("s-admin", aoi.Administrator.Email, true)
	at.Person("s-manager", aoi.Manager.Email, true)
	admin := w.as(aoi.Administrator, "en")
	admin.get("/settings").is(http.StatusOK).says("Sign-in of your company")
	admin.get("/settings/signin").is(http.StatusOK).says("Not set up", w.Market.ReturnAddress()).check("en")
	form := url.Values{"issuer": {at.URL + "/nowhere"}, "client_id": {idptest.ClientID}, "client_secret": {idptest.ClientSecret}, "version": {"0"}}
	admin.post("/settings/signin", form).is(http.StatusUnprocessableEntity).says("no OpenID provider", "/nowhere")
	form.Set("issuer", at.URL)
	admin.post("/settings/signin", form).leads("/settings/signin")
	admin.get("/settings/signin").is(http.StatusOK).says("Not tested", "Test the connection").check("en")
	admin.through(at, admin.post("/settings/signin/test", nil), "s-admin").is(http.StatusOK).says("The connection works", "s-admin", "verified", "Administrator").check("en")
	admin.post("/settings/signin/domains", url.Values{"domain": {"aoi.test"}}).leads("/settings/signin")
	admin.get("/settings/signin").says("admin@aoi.test", "waiting for the code")
	w.Exec("UPDATE company_domains SET proved_at = now() WHERE company_id = ?", aoi.ID)
	admin.post("/settings/signin/switch", url.Values{"version": {"1"}, "state": {"on"}}).leads("/settings/signin")

	manager := w.as(market.Actor{}, "ja")
	manager.get("/signin").is(http.StatusOK).says("会社のアカウントでサインイン").check("ja")
	manager.post("/signin/company", url.Values{"email": {"x@nowhere.test"}}).is(http.StatusUnprocessableEntity).says("設定されていません")
	manager.through(at, manager.post("/signin/company", url.Values{"email": {aoi.Manager.Email}, "next": {"/people"}}), "s-manager").leads("/people")
	manager.get("/tasks").is(http.StatusOK).check("ja")
	for _, own := range []string{"/profile", "/security", "/search/saved", "/documents", "/payouts"} {
		manager.get(own).is(http.StatusForbidden)
	}
	manager.get("/signin/provider?state=x&code=y").is(http.StatusUnauthorized).says("最初からやり直してください")
	admin.get("/settings/signin").says(`data-test="linked"`, aoi.Manager.Name)

	admin.post("/settings/signin/switch", url.Values{"version": {"1"}, "state": {"required"}}).leads("/settings/signin")
	held := w.as(aoi.Manager, "en")
	held.get("/").is(http.StatusOK).says("Come in by your company", "Sign in with my company").check("en")
	held.get("/tasks").is(http.StatusForbidden).says("by its own sign-in")
	held.get("/security").is(http.StatusOK).says(`data-test="company-account"`).check("en")
	manager.get("/tasks").is(http.StatusOK)
	admin.get("/settings/signin").is(http.StatusOK).says("Required")
	at.Down(true)
	form.Set("version", "1")
	admin.post("/settings/signin", form).is(http.StatusServiceUnavailable).says("does not answer")
	admin.post("/settings/signin/switch", url.Values{"version": {"1"}, "state": {"off"}}).leads("/settings/signin")
	manager.get("/tasks").leads("/signin")
}

func TestRolesOfTheCompanysOwnAreMadeGivenAndRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	b := w.as(aoi.Administrator, "en")
	b.get("/settings/roles").is(http.StatusOK).says("New role", "See the ledger").check("en")
	w.as(aoi.Administrator, "ja").get("/settings/roles").is(http.StatusOK).check("ja")
	b.post("/settings/roles", url.Values{"name": {"Junior finance"}}).is(http.StatusUnprocessableEntity).says("Choose at least one thing", "Junior finance")
	b.post("/settings/roles", url.Values{"name": {"Junior finance"}, "permissions": {"settle_money"}}).leads("/settings/roles")
	list, err := w.Market.CustomRoles(ctx, aoi.Administrator, aoi.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	role, path := list[0].ID.String(), "/settings/roles/"+list[0].ID.String()
	b.get(path).is(http.StatusOK).says("Change the role", `value="settle_money" checked`, `value="see_money" checked`).check("en")
	b.post("/settings/team", url.Values{"email": {"kai@aoi.test"}, "family_name": {"Kai"}, "role": {role}}).leads("/settings#team")
	b.get("/settings").is(http.StatusOK).says("Junior finance").check("en")
	b.post(path+"/remove", nil).leads("/settings/roles")
	b.get("/settings/roles").says("have this role. Take it from them first", "held by 1")
	b.post(path, url.Values{"version": {"1"}, "name": {"Junior"}, "permissions": {"see_log"}}).leads("/settings/roles")
	b.post(path, url.Values{"version": {"1"}, "name": {"Junior"}, "permissions": {"see_log"}}).is(http.StatusConflict)
	w.as(aoi.Manager, "en").get("/settings/roles").is(http.StatusForbidden)
}

func TestATokenIsMadeForWhatItIsNeededFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(w.Company("Aoi").Manager, "en")
	b.post("/settings/tokens", url.Values{"name": {"none"}, "reach": {"some"}}).is(http.StatusUnprocessableEntity).says("Choose at least one thing that the token")
	b.post("/settings/tokens", url.Values{"name": {"script"}, "reach": {"some"}, "scopes": {"tasks:write", "money:read"}}).is(http.StatusOK).
		says(`data-test="token"`, "good for Tasks and bids (change), Money and documents (read)").check("en")
	b.post("/settings/tokens", url.Values{"name": {"all"}}).is(http.StatusOK).says("good for Everything that I may do")
}

var secretShown = regexp.MustCompile(`hcd_[A-Za-z0-9_-]{43}`)

func TestAnAdministratorConnectsAStaffDirectoryAndSaysWhatItsGroupsMayDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	admin := w.as(aoi.Administrator, "en")
	admin.get("/settings/signin").is(http.StatusOK).says("Staff directory (SCIM)", "Not connected", "/scim/v2").check("en")
	page := admin.post("/settings/signin/directory", url.Values{"do": {"connect"}}).is(http.StatusOK)
	page.says("It is not shown again", "Waiting for the directory").check("en")
	secret := secretShown.FindString(page.body)
	if again := admin.get("/settings/signin").body; secret == "" || strings.Contains(again, secret) {
		t.Errorf("the secret %q is shown again, or never", secret)
	}
	d, err := w.Market.DirectoryBy(ctx, secret)
	w.Check(err)
	g, err := w.Market.ProvisionGroup(ctx, d, market.GroupEdit{Name: "経理部"})
	w.Check(err)
	ja := w.as(aoi.Administrator, "ja")
	ja.get("/settings/signin").says("接続済み", "経理部の権限").check("ja")
	ja.post("/settings/signin/directory/"+g.ID.String(), url.Values{"role": {"finance"}}).leads("/settings/signin")
	ja.post("/settings/signin/directory/"+g.ID.String(), url.Values{"role": {"emperor"}}).leads("/settings/signin")
	if n := w.Count("SELECT count(*) FROM provisioned_groups WHERE role = 'finance'"); n != 1 {
		t.Errorf("%d groups are mapped", n)
	}
	ja.post("/settings/signin/directory", url.Values{"do": {"part"}}).leads("/settings/signin")
	if _, err := w.Market.DirectoryBy(ctx, secret); err == nil {
		t.Error("the secret still works")
	}
	w.as(aoi.Office, "en").post("/settings/signin/directory", url.Values{"do": {"connect"}}).is(http.StatusForbidden)
}
