package market

import (
	"context"
	"time"
	"unicode/utf8"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// A Farewell is the invitation of somebody who leaves: on their last day they are asked to keep an address of their own, so
// that they can be reached and sign in when the company's mailbox is gone, and asked again while they say nothing. It is made
// where a last day is set from today on, by hand or by a file; the people of an old file are invited by the office.
type Farewell struct {
	MembershipID uuid.UUID `gorm:"primaryKey"`
	CompanyID    uuid.UUID
	LeavesOn     civil.Date  `gorm:"type:date"`
	NextOn       *civil.Date `gorm:"type:date"` // when the next letter goes; nil: none is left
	Sent         int         // letters so far
	Answer       FarewellAnswer
	AnsweredAt   *time.Time
	MadeAt       time.Time

	Name        string        `gorm:"->;-:migration"` // of who leaves
	Words       FarewellWords `gorm:"embedded"`
	CompanyName string        `gorm:"->;-:migration"`
	NameEN      string        `gorm:"->;-:migration;column:name_en"`
}

// FarewellWords are what a company says to people on their last day, in its own words; empty where it says nothing more.
type FarewellWords struct {
	Words   string `gorm:"->;-:migration;column:farewell_words"` // Markdown
	WordsEN string `gorm:"->;-:migration;column:farewell_words_en"`
}

// In is what a reader of a language reads: the other language's where there is none.
func (w FarewellWords) In(language string) string {
	if language == "en" {
		return or(w.WordsEN, w.Words)
	}
	return or(w.Words, w.WordsEN)
}

const maxFarewellWords = 2000

// A FarewellAnswer is what somebody who leaves said; empty is nothing yet.
type FarewellAnswer string

// The answers.
const (
	FarewellKept     FarewellAnswer = "kept"     // has an address of their own and stays in touch
	FarewellDeclined FarewellAnswer = "declined" // would rather not
)

// LetterFarewell asks somebody on their last day, and later again, to keep an address of their own.
const LetterFarewell LetterKind = "farewell"

// farewellDays are the days after the last one on which letters go, while nobody answers.
var farewellDays = []int{0, 7, 30}

const (
	farewellGrace = 31 // days: a last day that a file tells of so late still makes a farewell
	farewellApart = 3  // days between two letters at least, however late the first one was
	farewellAfter = 9  // o'clock, the company's: nobody is told earlier in the day
)

// told notes that a letter went out on a day, and when the next one goes.
func (f *Farewell) told(on civil.Date) {
	f.Sent++
	f.NextOn = nil
	if f.Sent < len(farewellDays) {
		next := f.LeavesOn.AddDays(farewellDays[f.Sent])
		if soonest := on.AddDays(farewellApart); next.Before(soonest) {
			next = soonest
		}
		f.NextOn = &next
	}
}

// planFarewells makes the farewells of members whose last day is set, moves those whose day has moved, and takes back those of
// members who stay. A last day before since makes none. What somebody answered holds, unless they leave again a year later.
func (s *Service) planFarewells(tx *gorm.DB, members []uuid.UUID, since civil.Date) error {
	args := map[string]any{"members": orNone(members), "since": since, "now": s.clock.Now()}
	err := tx.Exec(`DELETE FROM farewells f WHERE f.membership_id IN @members AND f.sent = 0 AND f.answer = ''
		AND f.leaves_on IS DISTINCT FROM (SELECT max(coalesce(left_on, 'infinity')) FROM stints WHERE membership_id = f.membership_id)`, args).Error
	if err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO farewells (membership_id, company_id, leaves_on, next_on, made_at)
		SELECT membership_id, company_id, last, last, @now FROM (SELECT membership_id, company_id, max(coalesce(left_on, 'infinity')) AS last FROM stints
			WHERE membership_id IN @members GROUP BY 1, 2) e WHERE isfinite(last) AND last >= @since ORDER BY 1
		ON CONFLICT (membership_id) DO UPDATE SET leaves_on = excluded.leaves_on, next_on = excluded.next_on, sent = 0, answer = '', answered_at = NULL, made_at = excluded.made_at
			WHERE farewells.leaves_on <> excluded.leaves_on AND (farewells.answer = '' OR excluded.leaves_on > farewells.leaves_on + 365)`, args).Error
}

// farewellsAtOnce is how many letters one transaction enqueues.
const farewellsAtOnce = 200

// SendFarewells enqueues the letters that are due by each company's own clock, and tells how many.
func (s *Service) SendFarewells(ctx context.Context) (sent int, err error) {
	for {
		n := 0
		err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
			n, err = s.sendFarewells(tx)
			return err
		})
		sent += n
		if err != nil || n < farewellsAtOnce {
			return sent, err
		}
	}
}

// A dueFarewell is one whose letter goes now.
type dueFarewell struct {
	Farewell `gorm:"embedded"`
	PersonID uuid.UUID
	Language string
	Today    civil.Date `gorm:"type:date"`
}

// dueFarewells reads and locks farewells with what their letters say; another that sends passes over them.
func (s *Service) dueFarewells(tx *gorm.DB, where string, args map[string]any) (due []dueFarewell, err error) {
	args["now"] = s.clock.Now()
	return due, tx.Raw(`SELECT f.*, m.person_id, p.language, c.farewell_words, c.farewell_words_en, `+today+` AS today
		FROM farewells f JOIN memberships m ON m.id = f.membership_id JOIN people p ON p.id = m.person_id JOIN companies c ON c.id = f.company_id
		WHERE `+where, args).Scan(&due).Error
}

func (s *Service) sendFarewells(tx *gorm.DB) (int, error) {
	due, err := s.dueFarewells(tx, `f.next_on <= `+today+` AND extract(hour FROM CAST(@now AS timestamptz) AT TIME ZONE c.time_zone) >= @hour
		ORDER BY f.membership_id LIMIT @most FOR NO KEY UPDATE OF f SKIP LOCKED`, map[string]any{"hour": farewellAfter, "most": farewellsAtOnce})
	if err != nil {
		return 0, err
	}
	for _, d := range due {
		if err := d.send(tx); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// send enqueues the letter.
func (d dueFarewell) send(tx *gorm.DB) error {
	f := d.Farewell
	f.told(d.Today)
	if err := tx.Exec("UPDATE farewells SET sent = ?, next_on = ? WHERE membership_id = ?", f.Sent, f.NextOn, f.MembershipID).Error; err != nil {
		return err
	}
	return jobs.Enqueue(tx, Letter{Letter: LetterFarewell, PersonID: d.PersonID, CompanyID: f.CompanyID, Path: "/farewells/" + f.MembershipID.String(),
		Facts: map[string]any{"date": f.LeavesOn.String(), "again": f.Sent > 1, "words": f.Words.In(d.Language)}})
}

// ErrFarewellSent says that the first letter cannot go any more.
var ErrFarewellSent = problem.Define(problem.Conflict, "farewell_sent", "They were written to, or have answered. The next letters go by themselves.", "すでにご案内済みか、返答があります。次回のご案内は自動で送信されます。")

// SendFarewell sends somebody's first letter before its hour, for the alumni office: at the last talk with them, say, while they
// still read their mail at work. Those that follow go by the calendar.
func (s *Service) SendFarewell(ctx context.Context, who Actor, membership uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		found, err := s.dueFarewells(tx, "f.membership_id = @id FOR NO KEY UPDATE OF f", map[string]any{"id": membership})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return ErrNotFound
		}
		d := found[0]
		if err := who.May(ManagePeople, d.CompanyID); err != nil {
			return err
		}
		if d.Sent > 0 || d.Answer != "" {
			return ErrFarewellSent
		}
		if err := d.send(tx); err != nil {
			return err
		}
		return Audit(tx, who, d.CompanyID, "farewell.send", "membership:"+membership.String(), nil)
	})
}

// FarewellOf reads that of a member for the alumni office; nil where nobody leaves.
func (s *Service) FarewellOf(ctx context.Context, who Actor, m Member) (*Farewell, error) {
	if err := who.May(ManagePeople, m.CompanyID); err != nil {
		return nil, err
	}
	var list []Farewell
	err := s.db.Gorm(ctx).Raw(farewellsWithNames+" WHERE f.membership_id = ? AND f.company_id = ?", m.ID, m.CompanyID).Scan(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

const farewellsWithNames = `SELECT f.*, c.name AS company_name, c.name_en, c.farewell_words, c.farewell_words_en, name_of(p) AS name
	FROM farewells f JOIN memberships m ON m.id = f.membership_id JOIN people p ON p.id = m.person_id JOIN companies c ON c.id = f.company_id`

// Farewell reads the actor's own, or ErrNotFound.
func (s *Service) Farewell(ctx context.Context, who Actor, membership uuid.UUID) (Farewell, error) {
	return ownFarewell(s.db.Gorm(ctx), who, membership)
}

func ownFarewell(g *gorm.DB, who Actor, membership uuid.UUID) (Farewell, error) {
	var list []Farewell
	if err := g.Raw(farewellsWithNames+" WHERE f.membership_id = ? AND m.person_id = ?", membership, who.Self()).Scan(&list).Error; err != nil {
		return Farewell{}, err
	}
	if len(list) == 0 {
		return Farewell{}, ErrNotFound
	}
	return list[0], nil
}

// FarewellWords reads what a company says to who leaves, for its alumni office.
func (s *Service) FarewellWords(ctx context.Context, who Actor, company uuid.UUID) (w FarewellWords, err error) {
	if err := who.May(ManagePeople, company); err != nil {
		return w, err
	}
	return w, s.db.Gorm(ctx).Raw("SELECT farewell_words, farewell_words_en FROM companies WHERE id = ?", company).Scan(&w).Error
}

// SetFarewellWords says what a company says to who leaves.
func (s *Service) SetFarewellWords(ctx context.Context, who Actor, company uuid.UUID, w FarewellWords) error {
	if err := who.May(ManagePeople, company); err != nil {
		return err
	}
	w.Words, w.WordsEN = tidyText(w.Words), tidyText(w.WordsEN)
	switch {
	case utf8.RuneCountInString(w.Words) > maxFarewellWords:
		return ErrTooLong.On("words").With("max", maxFarewellWords)
	case utf8.RuneCountInString(w.WordsEN) > maxFarewellWords:
		return ErrTooLong.On("words_en").With("max", maxFarewellWords)
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE companies SET farewell_words = ?, farewell_words_en = ? WHERE id = ?", w.Words, w.WordsEN, company).Error; err != nil {
			return err
		}
		return Audit(tx, who, company, "farewell.words", "company:"+company.String(), nil)
	})
}

// Farewells lists who leaves a company and what they answered, the latest last day first, for the alumni office.
func (s *Service) Farewells(ctx context.Context, who Actor, company uuid.UUID) ([]Farewell, error) {
	if err := who.May(ManagePeople, company); err != nil {
		return nil, err
	}
	var list []Farewell
	return list, s.db.Gorm(ctx).Raw(farewellsWithNames+" WHERE f.company_id = ? ORDER BY f.leaves_on DESC, f.membership_id LIMIT 200", company).Scan(&list).Error
}

// AnswerFarewell says for the actor whether they stay in touch. Who does needs an address of their own: [Service.AskAddress]
// when theirs is the company's. Who would rather not agrees to nothing there from now on, which their profile takes back.
func (s *Service) AnswerFarewell(ctx context.Context, who Actor, membership uuid.UUID, answer FarewellAnswer) error {
	if answer != FarewellKept && answer != FarewellDeclined {
		return ErrNotOneOf.On("answer").With("value", answer).With("allowed", "kept, declined")
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var m Membership
		if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ? AND person_id = ?", membership, who.Self()).Take(&m)); err != nil {
			return err
		}
		if _, err := ownFarewell(tx, who, membership); err != nil {
			return err
		}
		if err := answerFarewells(tx, "membership_id = ?", membership, answer, s.clock.Now()); err != nil {
			return err
		}
		if answer == FarewellDeclined {
			for _, p := range Purposes {
				if err := s.agree(tx, who, m, Answer{Purpose: p}, AtFarewell); err != nil {
					return err
				}
			}
		}
		return Audit(tx, who, m.CompanyID, "farewell."+string(answer), "membership:"+m.ID.String(), nil)
	})
}

func answerFarewells(tx *gorm.DB, where string, id uuid.UUID, answer FarewellAnswer, now time.Time) error {
	return tx.Exec("UPDATE farewells SET answer = ?, answered_at = ?, next_on = NULL WHERE "+where, answer, now, id).Error
}
