package web

import (
	"context"
	"errors"
	"mime/multipart"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

const talkPath = "/messages"

// noMember leaves it to the subject who the other side is.
var noMember uuid.UUID

// A talkView is a conversation with a part of its messages and the form to go on.
type talkView struct {
	market.Conversation
	who      market.Actor
	lang     string
	messages []market.Message // oldest first
	earlier  string           // the address of what was written before; empty at the beginning
	paged    bool             // this is not the latest part
	closed   string           // why the reader may not write; empty where they may
	member   uuid.UUID        // whom the company's side writes to, where nobody has written yet
	typed    string
}

// onePage is how many messages stand on a page.
const onePage = 50

// mine reports whether the reader wrote a message.
func (t talkView) mine(m market.Message) bool { return m.AuthorID == t.who.PersonID }

// company is the other side's name for an alumnus.
func (t talkView) company() string { return t.Company.NameIn(t.lang) }

// other is whom the reader talks to.
func (t talkView) other() string { return otherSide(t.Conversation, t.who, t.lang) }

func otherSide(c market.Conversation, who market.Actor, lang string) string {
	if c.SideOf(who) == market.ByAlumnus {
		return c.Company.NameIn(lang)
	}
	return c.Person
}

// lastOwn is the number of the latest message that the reader wrote; 0 for none.
func (t talkView) lastOwn() int {
	for _, m := range slices.Backward(t.messages) {
		if t.mine(m) {
			return m.Number
		}
	}
	return 0
}

func threadPath(id uuid.UUID) string { return talkPath + "/" + id.String() }

// talkAboutPath is where a conversation about something is, whether or not anybody has written yet.
func talkAboutPath(about market.Subject, member uuid.UUID) string {
	q := url.Values{"subject": {about.String()}}
	if member != uuid.Nil {
		q.Set("member", member.String())
	}
	return talkPath + "/about?" + q.Encode()
}

// subjectPath is the page of what a thread is about.
func subjectPath(t market.Thread) string {
	return map[market.ThreadKind]string{market.AboutTask: "/tasks/", market.AboutBid: "/bids/", market.AboutContract: "/contracts/", market.AboutReferral: referralsPath + "/"}[t.Kind] + t.SubjectID.String()
}

// getMessages lists conversations: those that the reader follows, or all that they may read.
func (v *visit) getMessages() error {
	all := v.c.Query("show") == "all" && len(v.who.Desks()) > 0
	list, err := v.Market.Threads(v.ctx, v.who, market.ThreadFilter{All: all, Before: v.before(), Limit: pageSize})
	if err != nil {
		return err
	}
	older := ""
	if len(list) > 0 {
		older = v.older(talkPath, len(list), list[len(list)-1].ID)
	}
	return v.ok(messagesPage(list, v.who, talkTabs(v.ctx, v.who, all), older, v.before() != uuid.Nil))
}

// talkTabs part one's own conversations from the company's, for those who work for one.
func talkTabs(ctx context.Context, who market.Actor, all bool) []ui.Link {
	if len(who.Desks()) == 0 {
		return nil
	}
	return []ui.Link{{Href: talkPath, Label: ui.T(ctx, "talk.mine"), Current: !all}, {Href: talkPath + "?show=all", Label: ui.T(ctx, "talk.all"), Current: all}}
}

// getThread shows a conversation, and notes that the reader has seen it.
func (v *visit) getThread() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	c, err := v.Market.Thread(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	t, err := v.talkView(c)
	if err != nil {
		return err
	}
	if !t.paged {
		if err := v.Market.ReadThread(v.ctx, v.who, id, c.Messages); err != nil {
			return err
		}
	}
	return v.ok(threadPage(t, ui.Fault{}))
}

// getTalkAbout leads to the conversation about something, or shows the place where it begins.
func (v *visit) getTalkAbout() error {
	about, err := market.ParseSubject(v.c.Query("subject"))
	if err != nil {
		return market.ErrNotFound
	}
	member, _ := uuid.Parse(v.c.Query("member"))
	c, err := v.Market.ThreadOn(v.ctx, v.who, about, member)
	if err != nil {
		return v.retreat(err, subjectPath(market.Thread{Kind: about.Kind, SubjectID: about.ID}))
	}
	if c.ID != uuid.Nil {
		return v.to(threadPath(c.ID), "")
	}
	t, err := v.talkView(c)
	if err != nil {
		return err
	}
	t.member = member
	return v.ok(threadPage(t, ui.Fault{}))
}

func (v *visit) talkView(c market.Conversation) (talkView, error) {
	t := talkView{Conversation: c, who: v.who, lang: string(v.lang)}
	var why *problem.Error
	switch err := v.Market.MayTalk(v.ctx, v.who, c.Thread); {
	case errors.Is(err, market.ErrForbidden):
		t.closed = v.t("talk.quiet")
	case errors.As(err, &why) && why.Kind != problem.RateLimited:
		t.closed = v.fault(why).Sentence
	case err != nil && why == nil:
		return t, err
	}
	if c.ID == uuid.Nil {
		return t, nil
	}
	before, _ := strconv.Atoi(v.c.Query("before"))
	list, err := v.Market.Messages(v.ctx, v.who, c.ID, before, onePage)
	if err != nil {
		return t, err
	}
	slices.Reverse(list)
	t.messages, t.paged = list, before > 0
	if len(list) > 0 && list[0].Number > 1 {
		t.earlier = threadPath(c.ID) + "?before=" + strconv.Itoa(list[0].Number)
	}
	return t, nil
}

// postMessage keeps the files that came along, and sends the message with them.
func (v *visit) postMessage() error {
	f := v.form()
	d := market.MessageDraft{Thread: f.uuid("thread"), Member: f.uuid("member"), Body: f.text("body")}
	var err error
	if d.Thread == uuid.Nil {
		if d.Subject, err = market.ParseSubject(f.text("subject")); err != nil {
			return market.ErrNotFound
		}
	}
	if d.Files, err = v.keepFiles(); err == nil {
		var m market.Message
		if m, err = v.Market.WriteMessage(v.ctx, v.who, d); err == nil {
			return v.to(threadPath(m.ThreadID)+"#write", "talk.sent")
		}
	}
	return v.refuseMessage(d, err)
}

// refuseMessage shows the conversation again with what was typed. Files have to be chosen anew.
func (v *visit) refuseMessage(d market.MessageDraft, refusal error) error {
	var c market.Conversation
	var err error
	if d.Thread != uuid.Nil {
		c, err = v.Market.Thread(v.ctx, v.who, d.Thread)
	} else {
		c, err = v.Market.ThreadOn(v.ctx, v.who, d.Subject, d.Member)
	}
	if err != nil {
		return refusal
	}
	t, err := v.talkView(c)
	if err != nil {
		return err
	}
	t.member, t.typed = d.Member, d.Body
	return v.refuse(refusal, func(fault ui.Fault) templ.Component { return threadPage(t, fault) })
}

// given are the files of one of the form's inputs. An input that was left empty sends none.
func (v *visit) given(input string) []*multipart.FileHeader {
	form := v.c.Request.MultipartForm
	if form == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(form.File[input]), func(h *multipart.FileHeader) bool { return h.Filename == "" && h.Size == 0 })
}

// keepFiles takes in the files of the form, and says under which ids.
func (v *visit) keepFiles() ([]uuid.UUID, error) {
	given := v.given("files")
	if len(given) > market.MaxFiles {
		return nil, market.ErrTooManyFiles.On("files").With("max", market.MaxFiles)
	}
	var ids []uuid.UUID
	for _, h := range given {
		id, err := v.keepFile(h)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (v *visit) keepFile(h *multipart.FileHeader) (uuid.UUID, error) {
	body, err := h.Open()
	if err != nil {
		return uuid.Nil, err
	}
	defer func() { _ = body.Close() }()
	f, err := v.Market.KeepFile(v.ctx, v.who, market.Upload{Name: h.Filename, Size: h.Size, Body: body})
	return f.ID, err
}

// kilobytes writes how long a file is.
func kilobytes(n int64) string { return strconv.FormatInt((n+1023)/1024, 10) }
