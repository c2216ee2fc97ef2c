package web

import (
	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
)

// A newsForm is a post as it is typed.
type newsForm struct {
	id             uuid.UUID // uuid.Nil for a new one
	company        uuid.UUID
	version        int
	kind           string
	title, titleEN string
	body, bodyEN   string
	pinned         bool
	circleForm
}

func (v *visit) readNews() newsForm {
	f := v.form()
	return newsForm{version: f.number("version"), kind: f.text("kind"), title: f.text("title"), titleEN: f.text("title_en"), body: v.c.PostForm("body"), bodyEN: v.c.PostForm("body_en"),
		pinned: f.text("pinned") != "", circleForm: v.readCircle()}
}

func (f newsForm) draft() market.DraftPost {
	return market.DraftPost{Kind: market.PostKind(f.kind), Title: f.title, TitleEN: f.titleEN, Body: f.body, BodyEN: f.bodyEN, Pinned: f.pinned, Audience: f.audience()}
}

func formOfPost(p market.Post) newsForm {
	return newsForm{id: p.ID, company: p.CompanyID, version: p.Version, kind: string(p.Kind), title: p.Title, titleEN: p.TitleEN, body: p.Body, bodyEN: p.BodyEN,
		pinned: p.Pinned, circleForm: formOfCircle(p.Audience)}
}

// completeNews adds what can be chosen of the company and the count.
func (v *visit) completeNews(f newsForm) (newsForm, error) {
	if err := v.completeCircle(f.company, &f.circleForm); err != nil {
		return f, err
	}
	return v.countReaders(f)
}

func (v *visit) countReaders(f newsForm) (newsForm, error) {
	n, err := v.Market.PostReach(v.ctx, v.who, f.company, f.audience())
	err = f.counted(n, err)
	return f, err
}

func (v *visit) getNewNews() error {
	f, err := v.completeNews(newsForm{company: v.company.ID, kind: string(market.PlainNews), circleForm: everybody})
	if err != nil {
		return err
	}
	return v.ok(newsFormPage(f, ui.Fault{}))
}

func (v *visit) postNewNews() error {
	f := v.readNews()
	f.company = v.company.ID
	p, err := v.Market.CreatePost(v.ctx, v.who, f.company, f.draft())
	if err != nil {
		return v.newsAgain(f, err)
	}
	return v.to(newsAt(p.ID), "news.drafted")
}

// newsAgain shows the form with what is wrong with it.
func (v *visit) newsAgain(f newsForm, err error) error {
	f, wrong := v.completeNews(f)
	if wrong != nil {
		return wrong
	}
	return v.refuse(err, func(fault ui.Fault) templ.Component { return newsFormPage(f, fault) })
}

// edited is the post of the path, for who may change it.
func (v *visit) edited() (market.PostView, error) {
	id, err := v.id()
	if err != nil {
		return market.PostView{}, err
	}
	p, err := v.Market.ReadPost(v.ctx, v.who, id)
	if err != nil {
		return p, err
	}
	return p, v.who.May(market.PublishNews, p.CompanyID)
}

func (v *visit) getEditNews() error {
	p, err := v.edited()
	if err != nil {
		return err
	}
	f, err := v.completeNews(formOfPost(p.Post))
	if err != nil {
		return err
	}
	return v.ok(newsFormPage(f, ui.Fault{}))
}

func (v *visit) postEditNews() error {
	p, err := v.edited()
	if err != nil {
		return err
	}
	f := v.readNews()
	f.id, f.company = p.ID, p.CompanyID
	if _, err := v.Market.EditPost(v.ctx, v.who, p.ID, f.version, f.draft()); err != nil {
		return v.newsAgain(f, err)
	}
	return v.to(newsAt(p.ID), "news.saved")
}

// postNewsReach tells how many people what is typed would reach.
func (v *visit) postNewsReach() error {
	f := v.readNews()
	f.company = v.company.ID
	f, err := v.countReaders(f)
	if err != nil {
		return err
	}
	return v.ok(circleReach(f.circleForm))
}
