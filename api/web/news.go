package web

import (
	"context"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const newsPath = "/news"

func newsAt(id uuid.UUID) string { return newsPath + "/" + id.String() }

// A newsList is the page of news.
type newsList struct {
	list   []market.PostView
	drafts bool
	write  bool // whether the reader may write any
	older  string
	paged  bool
	own    bool       // whether the reader came by themselves, and may have a feed
	since  *time.Time // of their feed's address
}

func (v *visit) getNews() error {
	l := newsList{drafts: v.c.Query("drafts") != "", write: v.may(market.PublishNews), paged: v.c.Query("before") != "", own: v.who.Through == uuid.Nil}
	var err error
	if l.list, err = v.Market.Posts(v.ctx, v.who, market.PostFilter{Drafts: l.drafts, Before: v.before(), Limit: pageSize}); err != nil {
		return err
	}
	if n := len(l.list); n > 0 {
		l.older = v.older(newsPath, n, l.list[n-1].ID)
	}
	if l.since, err = v.Market.FeedSince(v.ctx, v.who, market.NewsFeed); err != nil {
		return err
	}
	return v.ok(newsPage(l))
}

// A postPageView is a post with what its office can do about it.
type postPageView struct {
	market.PostView
	reach   int
	earlier []market.PostRevision
	zone    string // by whose clocks it is scheduled
	at      string // as typed
	byMail  bool
}

func (v *visit) postView() (p postPageView, err error) {
	id, err := v.id()
	if err != nil {
		return p, err
	}
	if p.PostView, err = v.Market.ReadPost(v.ctx, v.who, id); err != nil || !p.MayEdit {
		return p, err
	}
	p.zone, p.byMail = ui.FrameOf(v.ctx).Zone.String(), p.ByMail
	if p.PublishAt != nil {
		p.at = p.PublishAt.In(ui.FrameOf(v.ctx).Zone).Format(localTime)
	}
	if p.reach, err = v.Market.PostReach(v.ctx, v.who, p.CompanyID, p.Audience.Draft()); err != nil {
		return p, err
	}
	p.earlier, err = v.Market.PostRevisions(v.ctx, v.who, id)
	return p, err
}

func (v *visit) getPost() error {
	p, err := v.postView()
	if err != nil {
		return err
	}
	return v.ok(postPage(p, ui.Fault{}))
}

// postPostStep publishes, schedules, holds or withdraws.
func (v *visit) postPostStep() error {
	p, err := v.postView()
	if err != nil {
		return err
	}
	f, do := v.form(), v.form().text("do")
	switch do {
	case "hold":
		_, err = v.Market.HoldPost(v.ctx, v.who, p.ID)
	case "withdraw":
		_, err = v.Market.WithdrawPost(v.ctx, v.who, p.ID)
	case "schedule":
		p.at, p.byMail = f.text("at"), f.text("by_mail") != ""
		err = v.schedule(p)
	default:
		do, p.byMail = "publish", f.text("by_mail") != ""
		_, err = v.Market.PublishPost(v.ctx, v.who, p.ID, nil, p.byMail)
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return postPage(p, fault) })
	}
	return v.to(newsAt(p.ID), "news.done."+do)
}

func (v *visit) schedule(p postPageView) error {
	at, err := parseTime("at", p.at, ui.FrameOf(v.ctx).Zone)
	if err == nil && at == nil {
		err = market.ErrRequired.On("at")
	}
	if err != nil {
		return err
	}
	_, err = v.Market.PublishPost(v.ctx, v.who, p.ID, at, p.byMail)
	return err
}

// postNewsFeed makes or ends the address of the reader's feed.
func (v *visit) postNewsFeed() error { return v.feed(market.NewsFeed, newsPath) }

// An atomFeed is a feed as RFC 4287 writes it.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Entries []atomEntry `xml:"entry"`
}

type atomEntry struct {
	ID        string   `xml:"id"`
	Title     string   `xml:"title"`
	Author    string   `xml:"author>name"`
	Link      atomLink `xml:"link"`
	Published string   `xml:"published"`
	Updated   string   `xml:"updated"`
	Content   atomText `xml:"content"`
}

type atomLink struct {
	Href string `xml:"href,attr"`
}

type atomText struct {
	Type     string `xml:"type,attr"`
	Language string `xml:"xml:lang,attr"`
	Text     string `xml:",chardata"`
}

// getAtom is the feed behind an address, for programs that know no passwords.
func (v *visit) getAtom() error {
	who, list, err := v.Market.NewsBehind(v.ctx, strings.TrimSuffix(v.c.Param("token"), ".atom"))
	if err != nil {
		return err
	}
	feed := atomFeed{ID: "urn:uuid:" + who.PersonID.String(), Title: "Homecoming", Updated: v.Clock.Now().UTC().Format(time.RFC3339)}
	for i, p := range list {
		e, err := v.atomEntry(p, string(who.Language))
		if err != nil {
			return err
		}
		feed.Entries = append(feed.Entries, e)
		if i == 0 || e.Updated > feed.Updated {
			feed.Updated = e.Updated
		}
	}
	body, err := xml.MarshalIndent(feed, "", " ")
	if err != nil {
		return err
	}
	v.c.Header("Cache-Control", "private, no-cache")
	v.c.Data(http.StatusOK, "application/atom+xml; charset=utf-8", append([]byte(xml.Header), body...))
	return nil
}

func (v *visit) atomEntry(p market.PostView, lang string) (atomEntry, error) {
	published, updated := p.PublishedAt.UTC().Format(time.RFC3339), p.PublishedAt.UTC().Format(time.RFC3339)
	if p.EditedAt != nil {
		updated = p.EditedAt.UTC().Format(time.RFC3339)
	}
	var b strings.Builder
	err := prose(p.BodyIn(lang)).Render(v.ctx, &b)
	author := p.CompanyName
	if lang == "en" && p.CompanyEN != "" {
		author = p.CompanyEN
	}
	return atomEntry{ID: "urn:uuid:" + p.ID.String(), Title: p.TitleIn(lang), Author: author, Link: atomLink{v.Market.PostURL(p.ID)},
		Published: published, Updated: updated, Content: atomText{"html", p.LanguageFor(lang), b.String()}}, err
}

var postTones = map[market.PostState]ui.Tone{market.PostPublished: ui.Good, market.PostScheduled: ui.Now}

func postMark(ctx context.Context, p market.Post) ui.Mark {
	return ui.Mark{Text: p.State.In(ui.FrameOf(ctx).Language), Tone: postTones[p.State]}
}

// postTitle is the title that the reader gets.
func postTitle(ctx context.Context, p market.Post) string {
	return p.TitleIn(string(ui.FrameOf(ctx).Language))
}

// postLanguage is the language that the reader gets.
func postLanguage(ctx context.Context, p market.Post) string {
	return p.LanguageFor(string(ui.FrameOf(ctx).Language))
}

// otherLanguage reports whether the reader gets another language than their own.
func otherLanguage(ctx context.Context, p market.Post) bool {
	return postLanguage(ctx, p) != string(ui.FrameOf(ctx).Language)
}

// postCompany is the company's name in the reader's language.
func postCompany(ctx context.Context, p market.PostView) string {
	return inLanguage(ui.FrameOf(ctx).Language, p.CompanyEN, p.CompanyName)
}

// postDated says when a post came out, and that it was changed since.
func postDated(ctx context.Context, p market.Post) string {
	if p.PublishedAt == nil {
		return ""
	}
	said := ui.Moment(ctx, *p.PublishedAt)
	if p.EditedAt != nil {
		said += " · " + ui.T(ctx, "news.edited", "when", ui.Moment(ctx, *p.EditedAt))
	}
	return said
}
