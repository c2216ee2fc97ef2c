package market

import (
	"context"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// Feedback is what somebody who came says of an event that is over: 1 to 5, and a few words. Hosts see the sum without names, and
// nothing before enough people have answered that none can be told apart.
type Feedback struct {
	EventID   uuid.UUID
	CompanyID uuid.UUID
	PersonID  uuid.UUID
	Rating    int
	Words     string
	GivenAt   time.Time
}

// TableName is where it is kept.
func (Feedback) TableName() string { return "event_feedback" }

// SurveyLeast is how many answers there have to be before anybody sees a result.
const SurveyLeast = 5

// A Survey is the sum of an event's feedback. Below [SurveyLeast] answers it has their number alone.
type Survey struct {
	Answers int
	Ratings [5]int   // how often 1 to 5 was given
	Words   []string // in an order that tells nothing of who or when
}

// Average is the mean to one decimal, in tenths.
func (s Survey) Average() int {
	sum := 0
	for i, n := range s.Ratings {
		sum += (i + 1) * n
	}
	if sum == 0 {
		return 0
	}
	return int(math.Round(10 * float64(sum) / float64(s.Answers)))
}

// sumUp makes the result of what people said.
func sumUp(all []Feedback) Survey {
	s := Survey{Answers: len(all)}
	if len(all) < SurveyLeast {
		return s
	}
	for _, f := range all {
		s.Ratings[f.Rating-1]++
		if f.Words != "" {
			s.Words = append(s.Words, f.Words)
		}
	}
	return s
}

// What can be wrong with feedback.
var (
	ErrNotThere  = problem.Define(problem.Forbidden, "not_there", "Only who was on the list of this event can say how it was.", "このイベントに参加登録された方だけが回答できます。")
	ErrNotOver   = problem.Define(problem.Conflict, "event_not_over", "Say how it was once the event is over.", "アンケートはイベント終了後に回答できます。")
	ErrRatingOne = problem.Define(problem.Invalid, "event_rating", "Choose 1 to 5.", "1〜5のいずれかを選んでください。")
)

// GiveFeedback says how an event was, for somebody who was on its list, in place of what they said before.
func (s *Service) GiveFeedback(ctx context.Context, who Actor, event uuid.UUID, rating int, words string) error {
	words = strings.TrimSpace(words)
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		e, _, err := s.lockEvent(tx, who, event)
		if err != nil {
			return err
		}
		switch {
		case e.State == EventDraft || e.State == EventCanceled || s.clock.Now().Before(e.EndsAt):
			return ErrNotOver
		case rating < 1 || rating > 5:
			return ErrRatingOne.On("rating")
		case utf8.RuneCountInString(words) > maxQuestion:
			return ErrTooLong.On("words").With("max", maxQuestion)
		}
		var n int64
		if err := tx.Model(&RSVP{}).Where("event_id = ? AND person_id = ? AND state = ?", event, who.PersonID, Coming).Count(&n).Error; err != nil {
			return err
		}
		if n == 0 {
			return ErrNotThere.On("rating")
		}
		return tx.Exec(`INSERT INTO event_feedback (event_id, company_id, person_id, rating, words, given_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (event_id, person_id) DO UPDATE SET rating = excluded.rating, words = excluded.words, given_at = excluded.given_at`,
			event, e.CompanyID, who.PersonID, rating, words, s.clock.Now()).Error
	})
}

// MyFeedback is what the actor said of an event; the zero Feedback: nothing.
func (s *Service) MyFeedback(ctx context.Context, who Actor, event uuid.UUID) (Feedback, error) {
	var f Feedback
	return f, s.db.Gorm(ctx).Where("event_id = ? AND person_id = ?", event, who.PersonID).Limit(1).Find(&f).Error
}

// SurveyOf is the result, for hosts.
func (s *Service) SurveyOf(ctx context.Context, who Actor, event uuid.UUID) (Survey, error) {
	g := s.db.Gorm(ctx)
	if _, err := s.hostedEvent(g, who, event); err != nil {
		return Survey{}, err
	}
	var all []Feedback
	err := g.Where("event_id = ?", event).Order("words, person_id").Find(&all).Error
	return sumUp(all), err
}
