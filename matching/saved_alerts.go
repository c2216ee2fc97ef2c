package matching

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/internal/mail"
	"homecoming/market"
)

// Alerts tell people what newly fits the searches that they keep.
//
// A look finds what a search does not know of, notes it as told in a letter, and enqueues that letter, all in one
// transaction: so each thing is told once, however often a look is repeated or two look at once. The letter is written
// when it is sent: what its reader may not see any more by then, or does not fit any more, is left out, and is not
// told. A letter that was sent by a worker that died before it could say so is sent again under the same id.
type Alerts struct {
	s       *Service
	market  *market.Service
	mailer  mail.Mailer
	baseURL string
}

// NewAlerts tells people by m, with links that begin with baseURL.
func NewAlerts(s *Service, actors *market.Service, m mail.Mailer, baseURL string) *Alerts {
	return &Alerts{s, actors, m, baseURL}
}

// dueAtOnce is how many searches one look takes up.
const dueAtOnce = 500

// Look takes up the searches whose time has come, and says how many letters it wrote down. A search that cannot be
// looked at does not keep the others waiting.
func (a *Alerts) Look(ctx context.Context) (letters int, err error) {
	var due []SavedSearch
	err = a.s.db.Gorm(ctx).Where("paused_at IS NULL AND next_at <= ?", a.s.now()).Order("next_at, id").Limit(dueAtOnce).Find(&due).Error
	var errs []error
	for _, saved := range due {
		wrote, err := a.consider(ctx, saved)
		if errs = append(errs, err); wrote {
			letters++
		}
	}
	return letters, errors.Join(append(errs, err)...)
}

// consider looks for one search.
func (a *Alerts) consider(ctx context.Context, saved SavedSearch) (wrote bool, err error) {
	found, err := a.fitting(ctx, saved, nil)
	if err != nil {
		return false, err
	}
	err = a.s.db.Tx(ctx, func(tx *gorm.DB) error {
		wrote = false
		var now SavedSearch
		err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", saved.ID).Limit(1).Find(&now).Error
		if err != nil || now.Version != saved.Version || now.PausedAt != nil || !now.NextAt.Equal(saved.NextAt) {
			return err // deleted, changed, or looked at by somebody else
		}
		next, err := a.s.nextLook(tx, now)
		if err != nil {
			return err
		}
		if err := tx.Model(&now).Update("next_at", next).Error; err != nil {
			return err
		}
		wrote, err = a.writeDown(tx, now, found)
		return err
	})
	return wrote, err
}

// writeDown notes what is told, and the letter that tells it.
func (a *Alerts) writeDown(tx *gorm.DB, saved SavedSearch, found []uuid.UUID) (bool, error) {
	if len(found) == 0 {
		return false, nil
	}
	letter := uuid.Must(uuid.NewV7())
	done := tx.Exec(`INSERT INTO saved_told (search_id, item_id, letter_id, told_at) SELECT ?, item, ?, ? FROM unnest(?::uuid[]) AS item ON CONFLICT DO NOTHING`,
		saved.ID, letter, a.s.now(), pq.Array(found))
	if done.Error != nil || done.RowsAffected == 0 {
		return false, done.Error
	}
	if err := tx.Exec("INSERT INTO saved_letters (id, search_id, made_at) VALUES (?, ?, ?)", letter, saved.ID, a.s.now()).Error; err != nil {
		return false, err
	}
	return true, jobs.Enqueue(tx, SavedLetter{letter})
}

// fitting is what fits a search for its owner, as they are now; nothing for an owner who is gone.
func (a *Alerts) fitting(ctx context.Context, saved SavedSearch, of []uuid.UUID) ([]uuid.UUID, error) {
	who, err := a.market.ActorOf(ctx, saved.PersonID)
	if errors.Is(err, market.ErrNobody) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return a.s.fittingIDs(ctx, who, saved, of)
}

// Send writes and sends one letter, unless there is nothing left to tell. In its reader's quiet hours it asks for another turn.
func (a *Alerts) Send(ctx context.Context, letter uuid.UUID) error {
	g := a.s.db.Gorm(ctx)
	var saved SavedSearch
	err := g.Where("id = (SELECT search_id FROM saved_letters WHERE id = ? AND sent_at IS NULL)", letter).Limit(1).Find(&saved).Error
	if err != nil || saved.ID == uuid.Nil {
		return err // sent, or the search was deleted
	}
	if quiet, err := a.market.QuietFor(ctx, saved.PersonID); err != nil {
		return err
	} else if quiet > 0 {
		return river.JobSnooze(quiet)
	}
	tell, err := a.stillTold(ctx, saved, letter)
	if err != nil {
		return err
	}
	if len(tell) > 0 {
		who, err := a.market.ActorOf(ctx, saved.PersonID)
		if err != nil {
			return err
		}
		if err := a.mail(ctx, who, saved, letter, tell); err != nil {
			return err
		}
	}
	return g.Exec("UPDATE saved_letters SET sent_at = ? WHERE id = ?", a.s.now(), letter).Error
}

// stillTold are the things of a letter that may be told now. The others are forgotten, so that they can be told when
// they fit again.
func (a *Alerts) stillTold(ctx context.Context, saved SavedSearch, letter uuid.UUID) ([]uuid.UUID, error) {
	g := a.s.db.Gorm(ctx)
	var items []uuid.UUID
	if err := g.Raw("SELECT item_id FROM saved_told WHERE letter_id = ?", letter).Scan(&items).Error; err != nil {
		return nil, err
	}
	tell := []uuid.UUID{}
	if saved.PausedAt == nil && len(items) > 0 {
		var err error
		if tell, err = a.fitting(ctx, saved, items); err != nil {
			return nil, err
		}
	}
	items = slices.DeleteFunc(items, func(id uuid.UUID) bool { return slices.Contains(tell, id) })
	return tell, g.Exec("DELETE FROM saved_told WHERE letter_id = ? AND item_id = ANY(?::uuid[])", letter, uuids(items)).Error
}

// The jobs of search. Each may run at any time, any number of times.
type (
	// WordsJob writes pending changes into the indexes of words.
	WordsJob struct{}
	// PrepareWordsJob builds indexes of words that are missing or broken.
	PrepareWordsJob struct{}
	// LookJob takes up the saved searches whose time has come.
	LookJob struct{}
	// SavedLetter sends one letter of a saved search.
	SavedLetter struct {
		Letter uuid.UUID `json:"letter"`
	}
)

// Kind names the job in the queue.
func (WordsJob) Kind() string { return "matching_words" }

// Kind names the job in the queue.
func (PrepareWordsJob) Kind() string { return "matching_prepare_words" }

// Kind names the job in the queue.
func (LookJob) Kind() string { return "matching_look" }

// Kind names the job in the queue.
func (SavedLetter) Kind() string { return "matching_saved_letter" }

// SearchWorkers adds the workers of search and of saved searches.
func SearchWorkers(workers *river.Workers, s *Service, a *Alerts) {
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[WordsJob]) error {
		_, err := s.DrainTexts(ctx)
		return err
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[LookJob]) error {
		_, err := a.Look(ctx)
		return err
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[SavedLetter]) error {
		err := a.Send(ctx, job.Args.Letter)
		if errors.Is(err, mail.ErrAddress) {
			return river.JobCancel(err)
		}
		return err
	}))
	river.AddWorker(workers, &unhurried[PrepareWordsJob]{work: func(ctx context.Context, _ PrepareWordsJob) error { return s.PrepareTexts(ctx) }})
}

// SearchPeriodic is what of search runs by the clock.
func SearchPeriodic() []*river.PeriodicJob {
	alone := &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled, rivertype.JobStateRetryable}}}
	every := func(d time.Duration, args river.JobArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(d),
			func() (river.JobArgs, *river.InsertOpts) { return args, alone }, &river.PeriodicJobOpts{RunOnStart: true})
	}
	return []*river.PeriodicJob{every(time.Second, WordsJob{}), every(2*time.Second, LookJob{}), every(time.Minute, PrepareWordsJob{})}
}
