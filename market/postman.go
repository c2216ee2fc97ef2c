package market

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"gorm.io/gorm"

	"homecoming/internal/mail"
)

// A postman sends letters, each by one job.
type postman struct {
	river.WorkerDefaults[Letter]
	s       *Service
	mailer  mail.Mailer
	baseURL string
}

func newPostman(s *Service, m mail.Mailer, baseURL string) *postman {
	return &postman{s: s, mailer: m, baseURL: strings.TrimRight(baseURL, "/")}
}

// passes are the letters that let their reader in, with what their link is for and how long it lives.
var passes = map[LetterKind]struct {
	purpose Purpose
	lives   time.Duration
}{
	LetterSpending: {PurposeDecide, sentLinkLives}, LetterFarewell: {PurposeJoin, sentLinkLives},
	LetterVouch: {PurposeSignIn, sentLinkLives}, LetterAttest: {PurposeSignIn, sentLinkLives}, LetterEventInvitation: {PurposeSignIn, sentLinkLives}, LetterPost: {PurposeSignIn, sentLinkLives}, LetterReturn: {PurposeSignIn, sentLinkLives},
	LetterJoin: {PurposeJoin, sentLinkLives}, LetterTeam: {PurposeJoin, sentLinkLives}, LetterInvitation: {PurposeJoin, sentLinkLives},
	LetterLink: {PurposeLink, sentLinkLives}, LetterSignIn: {PurposeSignIn, askedLinkLives},
}

// Work sends one letter. A letter to nobody, and one to an address that will never work, is let go.
func (w *postman) Work(ctx context.Context, job *river.Job[Letter]) error {
	l, p, err := w.s.addressed(ctx, job.Args)
	if err != nil || p.Email == nil {
		return err
	}
	if l.Letter.News().Say != Urgent {
		if gone, err := leaving(w.s.db.Gorm(ctx), p.ID); err != nil || gone {
			return err
		}
	}
	if l.About != nil {
		if unread, err := w.s.unreadStill(ctx, p.ID, *l.About); err != nil || !unread {
			return err
		}
	}
	id := fmt.Sprintf("letter-%d.%s", job.ID, p.ID)
	notice := uuid.NewSHA1(noticeSpace, []byte(id))
	h, course, at, err := w.s.note(ctx, notice, l, p)
	switch {
	case err != nil:
		return err
	case course == Wait:
		return river.JobSnooze(max(at.Sub(w.s.clock.Now()), 0))
	case course != Send:
		return nil
	}
	d, answers := letterData{Name: or(oneLine(p.Name()), *p.Email), Facts: l.Facts}, ""
	if l.About != nil {
		if answers, err = w.s.replyTo(w.s.db.Gorm(ctx), p.ID, l.About.Thread); err != nil {
			return err
		}
		if answers != "" {
			d.Answer = replyMark[or(p.Language, "en")]
		}
	}
	if d.URL, err = w.door(ctx, l, p); err != nil {
		return err
	}
	if l.CompanyID != uuid.Nil {
		c, err := CompanyByID(w.s.db.Gorm(ctx), l.CompanyID)
		if err != nil {
			return err
		}
		d.Company = oneLine(c.NameIn(p.Language))
	}
	subject, text, err := renderLetter(l.Letter, p.Language, d)
	if err != nil {
		return river.JobCancel(err) // no later try would find another text
	}
	m := mail.Message{ID: id, To: or(l.To, *p.Email), ToName: oneLine(p.Name()), Subject: subject, Text: text, Language: p.Language, ReplyTo: answers,
		TellsOf: []uuid.UUID{p.ID, l.TellsOf}}
	if l.About != nil {
		m.Thread = "thread-" + l.About.Thread.String()
	}
	if k := l.Letter.News(); k.Chosen() {
		w.stoppable(&m, h, k.Kind)
	}
	if err := w.mailer.Send(ctx, m); err != nil {
		return undeliverable(err)
	}
	return w.s.mailed(ctx, notice)
}

// noticeSpace is the name space of notices' ids.
var noticeSpace = uuid.MustParse("b8c3a7c2-6a1e-4d0b-9a55-3f2f1c0c7d41")

// stoppable adds how letters of a kind are stopped: for people at the end, and for mail programs.
func (w *postman) stoppable(m *mail.Message, h Hearing, kind NoticeKind) {
	m.Stop = w.baseURL + StopPath + h.StopToken(kind)
	says := map[bool]string{true: "To stop letters of this kind, or have them in one digest:", false: "To stop digests:"}
	if m.Language == "ja" {
		says = map[bool]string{true: "この種類のメールの停止・まとめての受信はこちら：", false: "まとめのメールの停止はこちら："}
	}
	m.Text = strings.TrimRight(m.Text, "\n") + "\n\n" + says[kind != EveryDigest] + "\n" + m.Stop + "\n"
}

// StopPath is where the links lead that stop letters.
const StopPath = "/unsubscribe/"

// undeliverable lets a letter go whose address will never work.
func undeliverable(err error) error {
	if errors.Is(err, mail.ErrAddress) {
		return river.JobCancel(err)
	}
	return err
}

// door is where a letter leads: to its path, or in by a link that is made for it now.
func (w *postman) door(ctx context.Context, l Letter, p Person) (string, error) {
	g := w.s.db.Gorm(ctx)
	if l.Letter == LetterAddress {
		path, err := w.s.mintAddress(g, p.ID, l.To)
		return w.baseURL + path, err
	}
	pass, carries := passes[l.Letter]
	if !carries {
		return w.baseURL + localPath(l.Path), nil
	}
	link := oneTimeLink{PersonID: p.ID, Purpose: pass.purpose, Path: l.Path}
	if l.CompanyID != uuid.Nil {
		link.CompanyID = &l.CompanyID
	}
	raw, err := w.s.mintLink(g, link, pass.lives)
	if pass.purpose == PurposeDecide {
		return w.baseURL + "/decide/" + raw, err
	}
	return w.baseURL + "/link/" + raw, err
}

// addressed finds the reader of a letter. A letter to a stand-in goes to whom it may be, as the question whether it
// is them, and to nobody once they said no.
func (s *Service) addressed(ctx context.Context, l Letter) (Letter, Person, error) {
	g := s.db.Gorm(ctx)
	p, err := personOrNobody(g.Where("id = ?", l.PersonID))
	if err != nil || p.ID == uuid.Nil || p.Email != nil {
		return l, p, err
	}
	p, err = personOrNobody(g.Where(`id = (SELECT q.person_id FROM link_proposals q JOIN memberships m ON m.id = q.membership_id
		WHERE m.person_id = ? AND q.state = 'open')`, l.PersonID))
	return Letter{Letter: LetterLink, PersonID: p.ID, CompanyID: l.CompanyID, Path: "/profile"}, p, err
}

func personOrNobody(q *gorm.DB) (Person, error) {
	var p Person
	return p, q.Limit(1).Find(&p).Error
}
