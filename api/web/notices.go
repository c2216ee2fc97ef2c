package web

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

const hearingPath = market.NoticesPath + "/settings"

// getNotices lists what happened, the latest first.
func (v *visit) getNotices() error {
	list, err := v.Market.Notices(v.ctx, v.who, market.NoticeFilter{Before: v.before(), Limit: pageSize})
	if err != nil {
		return err
	}
	older := ""
	if len(list) > 0 {
		older = v.older(market.NoticesPath, len(list), list[len(list)-1].ID)
	}
	return v.ok(noticesPage(noticesView{list: list, older: older, paged: v.before() != uuid.Nil, own: v.who.Self() != uuid.Nil}))
}

// A noticesView is a page of news.
type noticesView struct {
	list  []market.Notice
	older string
	paged bool
	own   bool // the reader may choose how they hear
}

// upTo is when the latest of them happened.
func (n noticesView) upTo() string { return n.list[0].MadeAt.Format(time.RFC3339Nano) }

// postNotices notes that the reader has read everything that they saw.
func (v *visit) postNotices() error {
	upTo, err := time.Parse(time.RFC3339Nano, v.c.PostForm("up_to"))
	if err != nil {
		return market.ErrNotFound
	}
	if err := v.Market.ReadNotices(v.ctx, v.who, upTo); err != nil {
		return err
	}
	return v.to(market.NoticesPath, "notices.all_read")
}

func (v *visit) getHearing() error {
	h, err := v.Market.Hearing(v.ctx, v.who)
	if err != nil {
		return err
	}
	return v.ok(hearingPage(h, ui.Fault{}))
}

// postHearing takes the whole form.
func (v *visit) postHearing() error {
	f := v.form()
	zone, from, to, hour, day := f.text("time_zone"), f.number("quiet_from"), f.number("quiet_to"), f.number("digest_hour"), f.number("digest_day")
	e := market.HearingEdit{Zone: &zone, QuietFrom: &from, QuietTo: &to, DigestHour: &hour, DigestDay: &day, Ways: map[market.NoticeKind]market.Way{}}
	if f.text("quiet") == "" {
		e.QuietTo = e.QuietFrom
	}
	for _, k := range market.KindsOfNews {
		if way := market.Way(f.text("ways." + string(k.Kind))); k.Chosen() && way != "" {
			e.Ways[k.Kind] = way
		}
	}
	err := f.err
	if err == nil {
		_, err = v.Market.SetHearing(v.ctx, v.who, e)
	}
	if err == nil {
		return v.to(hearingPath, "hearing.saved")
	}
	typed := market.Hearing{Zone: zone, QuietFrom: from, QuietTo: to, DigestHour: hour, DigestDay: day, Ways: e.Ways}
	return v.refuse(err, func(fault ui.Fault) templ.Component { return hearingPage(typed, fault) })
}

// groupsOfNews are the headings under which kinds stand, with those that have a choice and those that have none.
func groupsOfNews(chosen bool) []market.NoticeGroup {
	var groups []market.NoticeGroup
	for _, k := range market.KindsOfNews {
		if k.Chosen() == chosen && (len(groups) == 0 || groups[len(groups)-1] != k.Group) {
			groups = append(groups, k.Group)
		}
	}
	return groups
}

func kindsIn(group market.NoticeGroup) []market.KindOfNews {
	var kinds []market.KindOfNews
	for _, k := range market.KindsOfNews {
		if k.Group == group {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// waysOf are the ways in which a kind can be heard of.
func waysOf(ctx context.Context, k market.KindOfNews) []ui.Option {
	ways := make([]string, len(k.Ways()))
	for i, way := range k.Ways() {
		ways[i] = string(way)
	}
	return named(ctx, "hearing.way.", ways...)
}

// hours are those of a day.
func hours() []ui.Option {
	list := make([]ui.Option, 24)
	for h := range list {
		list[h] = ui.Option{Value: strconv.Itoa(h), Label: strconv.Itoa(h) + ":00"}
	}
	return list
}

// kindName is what a kind of news is called in the reader's language.
func kindName(ctx context.Context, kind market.NoticeKind) string {
	if kind == market.EveryDigest {
		return ui.T(ctx, "stop.digest")
	}
	k, _ := market.KindNamed(kind)
	return k.Name(string(ui.FrameOf(ctx).Language))
}

func noticeCompany(n market.Notice, lang problem.Language) string {
	if n.CompanyID == nil {
		return ""
	}
	return companyName(n.Company, lang)
}

// quietFrom and quietTo are the hours to offer; a night where there are none.
func quietFrom(h market.Hearing) int {
	if h.QuietFrom == h.QuietTo {
		return 22
	}
	return h.QuietFrom
}

func quietTo(h market.Hearing) int {
	if h.QuietFrom == h.QuietTo {
		return 7
	}
	return h.QuietTo
}
