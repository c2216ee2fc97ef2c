package market

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/mail"
)

// A Digest is the letter that holds what gathered for one person, as a job. What it holds was taken for it in the transaction that
// enqueued it, so that nothing is in two.
type Digest struct {
	ID       uuid.UUID `json:"id"`
	PersonID uuid.UUID `json:"person_id"`
}

// Kind is the job's name in the queue.
func (Digest) Kind() string { return "market.digest" }

// DigestsJob looks whose digest is due.
type DigestsJob struct{}

// Kind names the job.
func (DigestsJob) Kind() string { return "market.digests" }

type digestsWorker struct {
	river.WorkerDefaults[DigestsJob]
	market *Service
}

// Work looks.
func (w *digestsWorker) Work(ctx context.Context, _ *river.Job[DigestsJob]) error {
	_, err := w.market.GatherDigests(ctx)
	return err
}

// GatherDigests enqueues the digests that are due, and tells how many. Two that look at once enqueue each digest once.
func (s *Service) GatherDigests(ctx context.Context) (n int, err error) {
	for {
		var people []uuid.UUID
		err := s.db.Gorm(ctx).Raw("SELECT DISTINCT person_id FROM notices WHERE digest_id IS NULL AND digest_at <= ? ORDER BY person_id LIMIT ?",
			s.clock.Now(), lettersAtOnce).Scan(&people).Error
		if err != nil || len(people) == 0 {
			return n, err
		}
		for _, p := range people {
			took, err := s.gather(ctx, p)
			if err != nil {
				return n, err
			}
			if took {
				n++
			}
		}
	}
}

// gather takes what is due for one person, of whom another look may have taken it meanwhile.
func (s *Service) gather(ctx context.Context, person uuid.UUID) (took bool, err error) {
	d := Digest{ID: newID(), PersonID: person}
	return took, s.db.Tx(ctx, func(tx *gorm.DB) error {
		taken := tx.Exec("UPDATE notices SET digest_id = ? WHERE person_id = ? AND digest_id IS NULL AND digest_at <= ?", d.ID, person, s.clock.Now())
		if took = taken.RowsAffected > 0; taken.Error != nil || !took {
			return taken.Error
		}
		return jobs.Enqueue(tx, d)
	})
}

// A digestPostman sends digests.
type digestPostman struct {
	river.WorkerDefaults[Digest]
	post *postman
}

// Work sends one digest, when quiet hours let it. It leaves out what was read in the app meanwhile or may be read no more; where that leaves
// nothing, no letter goes.
func (w *digestPostman) Work(ctx context.Context, job *river.Job[Digest]) error {
	s := w.post.s
	p, err := personOrNobody(s.db.Gorm(ctx).Where("id = ?", job.Args.PersonID))
	if err != nil || p.Email == nil {
		return err
	}
	if gone, err := leaving(s.db.Gorm(ctx), p.ID); err != nil || gone {
		return err
	}
	if quiet, err := s.QuietFor(ctx, p.ID); err != nil {
		return err
	} else if quiet > 0 { // it was due before they began, and nobody was there to send it
		return river.JobSnooze(quiet)
	}
	list, err := s.digested(ctx, job.Args)
	if err != nil || len(list) == 0 {
		return err
	}
	m := digestLetter(list, p, w.post.baseURL)
	m.ID = "digest-" + job.Args.ID.String()
	h, err := hearing(s.db.Gorm(ctx), p.ID, s.clock.Now(), toDecide)
	if err != nil {
		return err
	}
	w.post.stoppable(&m, h, EveryDigest)
	if err := w.post.mailer.Send(ctx, m); err != nil {
		return undeliverable(err)
	}
	ids := make([]uuid.UUID, len(list))
	for i, n := range list {
		ids[i] = n.ID
	}
	return s.mailed(ctx, ids...)
}

// digested reads what a digest tells now: by kind, and the oldest first.
func (s *Service) digested(ctx context.Context, d Digest) ([]Notice, error) {
	g := s.db.Gorm(ctx)
	var list []Notice
	if err := g.Where("digest_id = ? AND person_id = ? AND read_at IS NULL AND mailed_at IS NULL", d.ID, d.PersonID).Order("made_at, id").Find(&list).Error; err != nil {
		return nil, err
	}
	kept := list[:0]
	for _, n := range list {
		if n.ThreadID != nil {
			unread, err := s.unreadStill(ctx, d.PersonID, MessageRef{*n.ThreadID, *n.Number})
			if err != nil {
				return nil, err
			}
			if !unread {
				continue
			}
		}
		kept = append(kept, n)
	}
	if err := withCompanies(g, kept); err != nil {
		return nil, err
	}
	order := func(n Notice) int {
		return slices.IndexFunc(KindsOfNews, func(k KindOfNews) bool { return k.Kind == n.Kind })
	}
	slices.SortStableFunc(kept, func(a, b Notice) int {
		if by := order(a) - order(b); by != 0 {
			return by
		}
		return strings.Compare(a.companyName("en"), b.companyName("en"))
	})
	return kept, nil
}

func (n Notice) companyName(language string) string { return oneLine(n.Company.NameIn(language)) }

// inDigest is how many things a digest names; it says how many more there are.
const inDigest = 100

// digestLetter writes a digest: what happened, by kind and company, each with its page.
func digestLetter(list []Notice, p Person, baseURL string) mail.Message {
	ja := p.Language == "ja"
	say := func(en, inJapanese string) string {
		if ja {
			return inJapanese
		}
		return en
	}
	name, count, about := or(oneLine(p.Name()), p.address()), itoa(len(list)), []uuid.UUID{p.ID}
	subject := say(count+" new for you", "新着のお知らせ"+count+"件")
	if len(list) == 1 {
		subject = list[0].Title(p.Language)
	}
	var b strings.Builder
	b.WriteString(say("Dear "+name+",\n\nthis is what happened since your last digest.\n", name+" 様\n\n前回のまとめ以降のお知らせです。\n"))
	var kind NoticeKind
	var company string
	for _, n := range list[:min(len(list), inDigest)] {
		if n.Kind != kind {
			k, _ := KindNamed(n.Kind)
			b.WriteString("\n" + say("— "+k.NameEN+" —", "■ "+k.NameJA) + "\n")
			kind, company = n.Kind, ""
		}
		if c := n.companyName(p.Language); c != company {
			b.WriteString("\n" + say(c+":", "【"+c+"】") + "\n")
			company = c
		}
		b.WriteString("\n" + n.Title(p.Language) + "\n" + baseURL + n.Path + "\n")
		if n.TellsOf != nil {
			about = append(about, *n.TellsOf)
		}
	}
	if more := len(list) - inDigest; more > 0 {
		b.WriteString("\n" + say("And "+itoa(more)+" more.", "ほか"+itoa(more)+"件。") + "\n")
	}
	b.WriteString("\n" + say("All your news:", "すべてのお知らせ：") + "\n" + baseURL + NoticesPath + "\n\n" + say("Sent by Homecoming", "Homecomingより送信") + "\n")
	return mail.Message{To: p.address(), ToName: oneLine(p.Name()), Subject: oneLine(subject), Text: b.String(), Language: p.Language, TellsOf: about}
}

// NoticesPath is the page of somebody's news.
const NoticesPath = "/notifications"

// digestsRhythm is how often it is looked whose digest is due.
const digestsRhythm = time.Minute
