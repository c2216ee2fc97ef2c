package api_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/api"
	"homecoming/api/web"
	"homecoming/api/web/words"
	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/market/markettest"
)

// A place is where somebody looks at people, with the fields that it can show.
type place struct {
	who    market.Actor
	as     market.Viewer
	path   string
	fields []market.Field
}

// planted is somebody every field of whom says something that is said nowhere else.
type planted struct {
	*world
	aoi, ben *markettest.Company
	yumi     markettest.Alumnus
	ken      markettest.Alumnus
	task     market.Task
	says     map[market.Field][]string
}

func plant(t *testing.T) *planted {
	t.Helper()
	ctx := context.Background()
	w := newWorld(t)
	w.serve(api.Config{Clock: w.Clock, Pages: web.Pages(web.Config{Market: w.Market, Matching: w.matching, Billing: w.billing, Clock: w.Clock})})
	p := &planted{world: w, aoi: w.Company("Aoi"), ben: w.Company("Ben")}
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	w.Skill("planted", "Planted craft", "植えた技")
	p.yumi, p.ken = p.aoi.Alumnus("Takahashi Yumi", markettest.Worked("Planted Bureau", "2015-04-01", "2022-03-31")), p.aoi.Alumnus("Sato Ken")
	p.aoi.Attests(p.yumi, "bookkeeping", 2)
	p.task = p.aoi.Task("Close the books", 300_000)
	free, rate, kana, text := w.Today().AddDays(41), market.Yen(76_543), "ウエタヨミ", "Some planted words."
	_, err := w.Market.UpdateProfile(ctx, p.yumi.Actor, market.ProfileEdit{FamilyKana: &kana, HourlyRate: &rate, AvailableFrom: &free, Introduction: &text,
		Skills: &[]market.OwnSkill{{Skill: "planted", Level: 3}}, Evidence: &[]market.SkillEvidence{{Skill: "planted", About: "A planted deed."}},
		Languages: &[]market.SpokenLanguage{{Code: "fr", Level: "business", Note: "PLANTED B2"}}})
	w.Check(err)
	w.Exec("UPDATE memberships SET email = 'planted@mail.example' WHERE id = ?", p.yumi.MembershipID)
	for _, purpose := range []market.ConsentPurpose{market.ForDirectory, market.ForGroup} {
		w.Check(w.Market.SetConsents(ctx, p.yumi.Actor, p.aoi.ID, market.InProfile, market.Answer{Purpose: purpose, Yes: true, Wording: purpose.Wording()}))
	}
	g, err := w.Market.MakeGroup(ctx, p.aoi.Administrator, p.aoi.ID, "One", "One")
	w.Check(err)
	w.Check(w.Market.AskIntoGroup(ctx, p.aoi.Administrator, p.aoi.ID, p.ben.ID))
	w.Check(w.Market.AnswerGroup(ctx, p.ben.Administrator, p.ben.ID, g.ID, true))
	for _, c := range []*markettest.Company{p.aoi, p.ben} {
		w.Check(w.Market.ShareDirectory(ctx, c.Administrator, c.ID, true))
	}
	p.says = map[market.Field][]string{market.FieldEmail: {"planted@mail.example"}, market.FieldReading: {kana}, market.FieldDepartments: {"Planted Bureau"},
		market.FieldSkills: {"Planted craft"}, market.FieldEvidence: {"A planted deed."}, market.FieldIntroduction: {"planted words"}, market.FieldLanguages: {"PLANTED B2"},
		market.FieldRate:         {"76543", "76,543"},
		market.FieldAvailability: {free.String(), words.Day(problem.English, free), words.ShortDay(problem.English, free, w.Today())}}
	return p
}

// places are every way to look at people, as everybody who may.
func (p *planted) places() []place {
	all := make([]market.Field, len(market.FieldRules))
	for i, r := range market.FieldRules {
		all[i] = r.Field
	}
	card := []market.Field{market.FieldReading, market.FieldRate, market.FieldAvailability}
	listed := []market.Field{market.FieldReading, market.FieldDepartments, market.FieldSkills}
	aoi, ben, member := p.aoi.ID.String(), p.ben.ID.String(), p.yumi.MembershipID.String()
	list := []place{
		{p.yumi.Actor, market.Oneself, "/api/v1/members/" + member, all},
		{p.aoi.Manager, market.Chooser, "/api/v1/tasks/" + p.task.ID.String() + "/candidates", card},
		{p.aoi.Manager, market.Chooser, "/tasks/" + p.task.ID.String(), card},
		{p.aoi.Office, market.Keeper, "/api/v1/companies/" + aoi + "/consents.csv", []market.Field{market.FieldEmail}},
		{p.ben.Manager, market.Peer, "/api/v1/companies/" + ben + "/group/people", all},
		{p.ben.Manager, market.Peer, "/people/group", all},
	}
	for _, who := range []market.Actor{p.ken.Actor, p.aoi.Finance, p.aoi.Office} {
		list = append(list, place{who, market.Peer, "/api/v1/companies/" + aoi + "/colleagues", all}, place{who, market.Peer, "/colleagues?company=" + aoi, all})
	}
	for who, as := range map[*market.Actor]market.Viewer{&p.aoi.Manager: market.Chooser, &p.aoi.Office: market.Keeper, &p.aoi.Administrator: market.Keeper} {
		list = append(list, place{*who, as, "/api/v1/companies/" + aoi + "/alumni", all}, place{*who, as, "/api/v1/members/" + member, all},
			place{*who, as, "/api/v1/companies/" + aoi + "/talent", all}, place{*who, as, "/people", listed}, place{*who, as, "/people/" + member, all},
			place{*who, as, "/search?in=people", append(listed, market.FieldRate, market.FieldAvailability)})
	}
	return list
}

// sees is the policy in other words.
func sees(f market.Field, a market.Audience, as market.Viewer) bool {
	switch as {
	case market.Oneself:
		return true
	case market.Peer:
		return a == market.ToColleagues
	case market.Keeper:
		return a != market.ToNobody || f == market.FieldEmail || f == market.FieldDepartments
	}
	return a != market.ToNobody
}

func TestEachFieldIsShownExactlyWhereItsPersonAllows(t *testing.T) {
	t.Parallel()
	p := plant(t)
	places := p.places()
	for _, rule := range market.FieldRules {
		for _, a := range rule.Choose {
			p.as(p.yumi.Actor, "PUT", "/api/v1/me/audiences", tree{"audiences": tree{string(rule.Field): a}}).wants(http.StatusOK)
			for _, at := range places {
				body := p.as(at.who, "GET", at.path, nil, "Accept-Language: en").wants(http.StatusOK).Body.String()
				shown := slices.ContainsFunc(p.says[rule.Field], func(s string) bool { return strings.Contains(body, s) })
				if want := slices.Contains(at.fields, rule.Field) && sees(rule.Field, a, at.as); shown != want {
					t.Errorf("%s shown to %s, %s as viewer %d: shown %v", rule.Field, a, at.path, at.as, shown)
				}
			}
			p.finds(t, rule.Field, a)
		}
		p.as(p.yumi.Actor, "PUT", "/api/v1/me/audiences", tree{"audiences": tree{string(rule.Field): rule.Usual}}).wants(http.StatusOK)
	}
}

func TestAWishToReturnIsShownNowhereButToItsPersonAndTheOffice(t *testing.T) {
	t.Parallel()
	p := plant(t)
	before := p.as(p.aoi.Manager, "GET", "/api/v1/companies/"+p.aoi.ID.String()+"/talent", nil).wants(http.StatusOK).Body.String()
	p.as(p.yumi.Actor, "PUT", "/api/v1/me/companies/"+p.aoi.ID.String()+"/return", tree{"openness": "now", "roles": "PLANTEDRETURN", "hours": 17, "note": "PLANTEDRETURN"}).wants(http.StatusOK)
	shows := func(who market.Actor, path string, want bool) {
		t.Helper()
		if shown := strings.Contains(p.as(who, "GET", path, nil).wants(http.StatusOK).Body.String(), "PLANTEDRETURN"); shown != want {
			t.Errorf("%s to %s: shown %v", path, who.Name, shown)
		}
	}
	for _, at := range p.places() {
		shows(at.who, at.path, false)
	}
	for _, path := range []string{"/api/v1/companies/" + p.aoi.ID.String() + "/talent?q=PLANTEDRETURN", "/search?in=people&q=PLANTEDRETUR", "/api/v1/companies/" + p.aoi.ID.String() + "/colleagues?q=PLANTEDRETUR"} {
		if body := p.as(p.aoi.Manager, "GET", path, nil).Body.String(); strings.Contains(body, "Takahashi") {
			t.Errorf("%s finds who said it", path)
		}
	}
	if after := p.as(p.aoi.Manager, "GET", "/api/v1/companies/"+p.aoi.ID.String()+"/talent", nil).wants(http.StatusOK).Body.String(); after != before {
		t.Error("who said it stands elsewhere, or otherwise, in what managers find")
	}
	shows(p.yumi.Actor, "/api/v1/me/returns", true)
	shows(p.yumi.Actor, "/profile/return", true)
	for _, who := range []market.Actor{p.aoi.Office, p.aoi.Administrator} {
		shows(who, "/api/v1/rehire-interests", true)
		shows(who, "/returns", true)
	}
	shows(p.ben.Office, "/api/v1/rehire-interests", false)
	for _, who := range []market.Actor{p.aoi.Manager, p.aoi.Finance, p.ken.Actor} {
		p.as(who, "GET", "/api/v1/rehire-interests", nil).wants(http.StatusForbidden)
		p.as(who, "GET", "/returns", nil).wants(http.StatusForbidden)
	}
}

// finds looks for the person by what a field says.
func (p *planted) finds(t *testing.T, f market.Field, a market.Audience) {
	t.Helper()
	aoi, ben := "/api/v1/companies/"+p.aoi.ID.String(), "/api/v1/companies/"+p.ben.ID.String()
	word := "?q=" + url.QueryEscape(p.says[f][0])
	type look struct {
		who  market.Actor
		path string
		want bool
	}
	chooser := a != market.ToNobody
	var looks []look
	switch f {
	case market.FieldEmail:
		looks = []look{{p.aoi.Manager, aoi + "/alumni" + word, chooser}, {p.aoi.Office, aoi + "/alumni" + word, true}, {p.aoi.Manager, aoi + "/talent" + word, chooser},
			{p.ken.Actor, aoi + "/colleagues" + word, false}, {p.ben.Manager, ben + "/group/people" + word, false}}
	case market.FieldReading:
		looks = []look{{p.aoi.Manager, aoi + "/alumni" + word, chooser}, {p.aoi.Office, aoi + "/alumni" + word, chooser}, {p.aoi.Manager, aoi + "/talent" + word, chooser},
			{p.ken.Actor, aoi + "/colleagues" + word, a == market.ToColleagues}, {p.ben.Manager, ben + "/group/people" + word, a == market.ToColleagues}}
	case market.FieldIntroduction:
		looks = []look{{p.aoi.Manager, aoi + "/talent" + word, chooser}, {p.aoi.Office, aoi + "/talent" + word, chooser}}
	case market.FieldEvidence, market.FieldLanguages:
		looks = []look{{p.aoi.Manager, aoi + "/talent" + word, false}}
	case market.FieldSkills, market.FieldDepartments:
		looks = []look{{p.aoi.Manager, aoi + "/talent" + word, true}, {p.ken.Actor, aoi + "/colleagues" + word, false}}
	case market.FieldRate:
		looks = []look{{p.aoi.Manager, aoi + "/talent?max_rate=80000", chooser}, {p.aoi.Manager, aoi + "/talent?max_rate=70000", false}}
	case market.FieldAvailability: // what is hidden counts as never said: free
		looks = []look{{p.aoi.Manager, aoi + "/talent?available_by=" + p.Today().String(), !chooser}, {p.aoi.Manager, aoi + "/talent?free=quarter", chooser}, {p.aoi.Manager, aoi + "/talent?free=now", !chooser}}
	}
	for _, l := range looks {
		body := p.as(l.who, "GET", l.path, nil).wants(http.StatusOK).Body.String()
		if found := strings.Contains(body, p.yumi.MembershipID.String()); found != l.want {
			t.Errorf("%s shown to %s: %s finds her: %v", f, a, l.path, found)
		}
	}
}

func TestWhoIsInNoDirectoryOfColleaguesIsSeenByNone(t *testing.T) {
	t.Parallel()
	p := plant(t)
	path := "/api/v1/companies/" + p.aoi.ID.String() + "/colleagues"
	names := func(who market.Actor) string {
		var list []string
		for _, m := range p.as(who, "GET", path, nil).wants(http.StatusOK).object()["items"].([]any) {
			list = append(list, m.(tree)["name"].(string))
		}
		return strings.Join(list, ", ")
	}
	if got := names(p.ken.Actor); got != "Yumi Takahashi" {
		t.Errorf("the directory is %q", got)
	}
	p.as(p.ben.Manager, "GET", path, nil).wants(http.StatusNotFound)
	bar, err := p.Market.Block(context.Background(), p.yumi.Actor, p.aoi.ID)
	p.Check(err)
	if got := names(p.ken.Actor); got != "" {
		t.Errorf("who keeps the company away is in %q", got)
	}
	p.Check(p.Market.Lift(context.Background(), p.yumi.Actor, bar.ID))
	p.as(p.yumi.Actor, "PUT", "/api/v1/me/consents", tree{"company_id": p.aoi.ID, "answers": []any{tree{"purpose": "directory", "agreed": false}}}).wants(http.StatusOK)
	if got := names(p.ken.Actor); got != "" {
		t.Errorf("who took it back is in %q", got)
	}
	if _, err := p.Market.Fellows(context.Background(), market.Actor{PersonID: uuid.New()}, p.aoi.ID, "", uuid.Nil, 0); err == nil {
		t.Error("a stranger reads it")
	}
}
