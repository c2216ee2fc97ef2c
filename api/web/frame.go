package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

const companyCookie = "company"

// frame finds out for which company the reader works now, and what surrounds the page.
func (v *visit) frame(section string) (ui.Frame, error) {
	f := ui.Frame{Language: v.lang, Other: v.inOther(), Person: v.who.Name, RequestID: access.RequestID(v.ctx), Now: v.Clock.Now(),
		Dev: v.Dev, Flash: v.flash(), Settings: v.who.PersonID != uuid.Nil, Profile: v.who.PersonID != uuid.Nil && v.who.Through == uuid.Nil}
	if f.Person == "" {
		f.Person = v.who.Email
	}
	ids := v.who.Desks()
	for _, id := range ids {
		c, err := v.Market.Company(v.ctx, v.who, id)
		if err != nil {
			return f, err
		}
		f.Companies = append(f.Companies, ui.Company{ID: c.ID, Name: companyName(c, v.lang)})
		if v.company.ID == uuid.Nil || c.ID == v.chosen(ids) {
			v.company = c
		}
	}
	if v.company.ID != uuid.Nil {
		f.Company = ui.Company{ID: v.company.ID, Name: companyName(v.company, v.lang)}
		f.Zone = v.company.Zone()
	}
	f.Nav = v.nav(ui.With(v.ctx, f), section)
	if v.who.PersonID == uuid.Nil {
		return f, nil
	}
	var err error
	if f.Unread, err = v.Market.UnreadMessages(v.ctx, v.who); err != nil {
		return f, err
	}
	if f.Asked, err = v.conductWaits(ui.With(v.ctx, f)); err != nil {
		return f, err
	}
	f.News, err = v.news()
	return f, err
}

// conductWaits is the first of the reader's companies whose rules wait to be read; nothing on the page that has them.
func (v *visit) conductWaits(ctx context.Context) (ui.Ask, error) {
	if strings.HasPrefix(v.c.Request.URL.Path, conductPath) {
		return ui.Ask{}, nil
	}
	waiting, err := v.Market.ConductAsked(v.ctx, v.who)
	if err != nil || len(waiting) == 0 {
		return ui.Ask{}, err
	}
	key, first := "conduct.wait", waiting[0]
	if first.Before {
		key = "conduct.wait.changed"
	}
	return ui.Ask{Text: ui.T(ctx, key, "company", inLanguage(v.lang, first.NameEN, first.Name)), Do: ui.T(ctx, "conduct.wait.do"), Href: conductAt(first.CompanyID)}, nil
}

// news counts what happened that the reader has not read. Opening a page reads what leads there.
func (v *visit) news() (int64, error) {
	if v.c.Request.Method != http.MethodGet {
		return v.Market.UnreadNotices(v.ctx, v.who)
	}
	return v.Market.Opened(v.ctx, v.who, v.c.Request.URL.Path)
}

// inOther is the address of this page in the other language. What a form was answered with has no address of its own.
func (v *visit) inOther() string {
	path, q := "/", url.Values{}
	if v.c.Request.Method == http.MethodGet {
		path, q = v.c.Request.URL.Path, v.c.Request.URL.Query()
	}
	q.Set("lang", string(problem.English))
	if v.lang == problem.English {
		q.Set("lang", string(problem.Japanese))
	}
	return path + "?" + q.Encode()
}

// chosen is the company that the reader switched to, when they work there.
func (v *visit) chosen(ids []uuid.UUID) uuid.UUID {
	cookie, err := v.c.Cookie(companyCookie)
	if err != nil {
		return uuid.Nil
	}
	id, err := uuid.Parse(cookie)
	if err != nil || !slices.Contains(ids, id) {
		return uuid.Nil
	}
	return id
}

// sections are the parts of the navigation, with what somebody must be able to do to see each.
var sections = []struct {
	name, href string
	needs      market.Action
}{
	{"tasks", "/tasks", market.SeeTasks},
	{"people", "/people", market.SeePeople},
	{"contracts", "/contracts", market.SeeContracts},
	{"money", "/money", market.SeeMoney},
}

// own are the parts for alumni, about themselves.
var own = []struct{ name, href string }{{"work", "/work"}, {"bids", "/bids"}, {"contracts", "/contracts"}, {"payouts", "/payouts"}, {"profile", "/profile"}}

func (v *visit) nav(ctx context.Context, section string) []ui.Link {
	var links []ui.Link
	add := func(name, href string) {
		if !slices.ContainsFunc(links, func(l ui.Link) bool { return l.Href == href }) {
			links = append(links, ui.Link{Href: href, Label: ui.T(ctx, "nav."+name), Icon: name, Current: name == section})
		}
	}
	for _, s := range sections {
		if v.company.ID != uuid.Nil && v.who.May(s.needs, v.company.ID) == nil {
			add(s.name, s.href)
		}
	}
	if v.may(market.SeeReturns) {
		add("returns", returnsPath)
	}
	if v.may(market.ApproveMoney) && !v.may(market.SeeMoney) { // who sees money finds it among that
		add("approvals", settlingPath)
	}
	if len(v.who.Memberships()) > 0 {
		for _, s := range own {
			add(s.name, s.href)
		}
	}
	if slices.ContainsFunc(v.who.Grants, func(g market.Grant) bool { return g.Role != market.Outsider && g.Role != market.Operator }) {
		add("events", eventsPath)
		add("news", newsPath)
		add("referrals", referralsPath)
	}
	if v.who.MayAnywhere(market.SweepRevenue) == nil {
		add("sweeps", sweepsPath)
	}
	if v.company.ID != uuid.Nil && v.who.May(market.Administer, v.company.ID) == nil {
		add("settings", "/settings")
	}
	return links
}

// may reports whether the reader may do something at the company they work for now.
func (v *visit) may(do market.Action) bool {
	return v.company.ID != uuid.Nil && v.who.May(do, v.company.ID) == nil
}

// postCompany switches to another of the reader's companies.
func (v *visit) postCompany() error {
	id, err := uuid.Parse(v.c.PostForm("company"))
	if err != nil || !slices.Contains(v.who.Desks(), id) {
		return market.ErrNotFound
	}
	v.remember(companyCookie, id.String(), 365*24*60*60)
	return v.to("/", "")
}
