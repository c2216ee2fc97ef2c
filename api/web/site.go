package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/internal/clock"
	"homecoming/internal/mail"
	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
)

// Config is what the pages are made with.
type Config struct {
	Market   *market.Service
	Matching *matching.Service
	Billing  *billing.Service
	Clock    clock.Clock
	Dev      bool         // show the outbox and the storybook
	Outbox   *mail.Outbox // where letters are kept instead of sent; nil outside dev
}

// A site shows pages; a visit is one request for one.
type site struct{ Config }

type visit struct {
	*site
	c       *gin.Context
	ctx     context.Context // carries the frame
	who     market.Actor
	lang    problem.Language
	company market.Company // the one that the reader works for now; zero for alumni alone
}

// page makes a handler of a visit's method. section is the part of the navigation that it belongs to.
func (s *site) page(section string, serve func(*visit) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		v, err := s.visit(c, section)
		if err == nil {
			err = serve(v)
		}
		if err != nil {
			access.Fail(c, err)
		}
	}
}

func (s *site) visit(c *gin.Context, section string) (*visit, error) {
	ctx := c.Request.Context()
	v := &visit{site: s, c: c, ctx: ctx, who: access.Actor(ctx), lang: access.Language(ctx)}
	v.who.Language = v.lang
	frame, err := v.frame(section)
	v.ctx = ui.With(ctx, frame)
	return v, err
}

// inLetterLanguage shows what a letter leads to in the letter's language, to somebody who has chosen none here.
func (v *visit) inLetterLanguage(l problem.Language) {
	if l == "" || access.LanguageChosen(v.ctx) {
		return
	}
	v.lang, v.who.Language = l, l
	f := ui.FrameOf(v.ctx)
	f.Language, f.Other = l, v.inOther()
	v.ctx = ui.With(v.ctx, f)
}

// show sends a page. It is made whole before the first byte leaves, so that a fault cannot leave half of one.
func (v *visit) show(status int, page templ.Component) error {
	var b bytes.Buffer
	if err := page.Render(v.ctx, &b); err != nil {
		return err
	}
	v.c.Header("Content-Language", string(v.lang))
	v.c.Data(status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// ok shows a page that went well.
func (v *visit) ok(page templ.Component) error { return v.show(http.StatusOK, page) }

// to sends the reader on after a form; a message of that key awaits them there.
func (v *visit) to(path, key string, args ...any) error {
	if key != "" {
		v.leave(flash{Key: key, Args: args})
	}
	v.c.Redirect(http.StatusSeeOther, path)
	return nil
}

// refuse shows a form again with what is wrong with it. Errors that are not about the form are passed on.
func (v *visit) refuse(err error, form func(ui.Fault) templ.Component) error {
	var p *problem.Error
	if !errors.As(err, &p) {
		return err
	}
	switch p.Kind {
	case problem.Invalid, problem.Conflict, problem.RateLimited, problem.Unavailable:
		return v.show(access.Status(p), form(v.fault(p)))
	}
	return err
}

// retreat goes back to a page with what went wrong, for buttons that have no form to show again.
func (v *visit) retreat(err error, path string) error {
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind == problem.NotFound || p.Kind == problem.Forbidden || p.Kind == problem.Unauthenticated {
		return err
	}
	v.leave(flash{Text: v.fault(p).Sentence, Bad: true})
	v.c.Redirect(http.StatusSeeOther, path)
	return nil
}

// fault writes a problem for the reader, with the names of states in their language.
func (v *visit) fault(p *problem.Error) ui.Fault {
	for name, value := range p.Args {
		for _, key := range []string{"arg." + toText(value), "permission." + toText(value)} {
			if known(key) {
				p = p.With(name, v.t(key))
			}
		}
	}
	return ui.FaultOf(p, v.lang)
}

// t is the sentence of a key.
func (v *visit) t(key string, args ...any) string { return ui.T(v.ctx, key, args...) }

// id reads an id from the path; what is none belongs to nobody.
func (v *visit) id() (uuid.UUID, error) {
	id, err := uuid.Parse(v.c.Param("id"))
	if err != nil {
		return uuid.Nil, market.ErrNotFound
	}
	return id, nil
}

// before reads the cursor of a list.
func (v *visit) before() uuid.UUID {
	id, _ := uuid.Parse(v.c.Query("before"))
	return id
}

// older is the address of the rest of a list that was full.
func (v *visit) older(path string, got int, last uuid.UUID) string {
	if got < pageSize {
		return ""
	}
	q := v.c.Request.URL.Query()
	q.Set("before", last.String())
	q.Del("lang")
	return path + "?" + q.Encode()
}

// pageSize is how many rows a list shows at a time.
const pageSize = 20
