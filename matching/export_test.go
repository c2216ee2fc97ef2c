package matching

import (
	"context"

	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// Best opens the loop to the tests of the package.
var Best = best

// Sample opens the guesses of the loop to the tests of the package.
type Sample = sample

// SampleOf is a sample of these documents, the first one with the highest p. Each stands for so many.
func SampleOf(docs []Document, weight float32) *sample {
	s, named := &sample{held: map[string][]holding{}}, map[uuid.UUID]uint16{}
	for i, d := range docs {
		m := sampled{id: d.Membership, weight: weight, p: int32(d.P), left: int32(d.LeftOn.DaysSince(Never)), days: int32(d.Days), rate: -1}
		if d.AvailableFrom != nil {
			m.free = int32(d.AvailableFrom.DaysSince(Never))
		}
		if d.HourlyRate != nil {
			m.rate = *d.HourlyRate
		}
		s.add(m, d.Knows, d.Worked, named)
		for skill, strength := range d.Held {
			s.held[skill] = append(s.held[skill], holding{int32(i), int8(strength)})
		}
	}
	return s
}

// ErrMoving is what Best returns when the index does not stand still.
var ErrMoving = errMoving

// Speak scores a member and gives the reasons, with these names.
func Speak(lang problem.Language, own bool, names map[string]problem.Word, q Question, m Member) Standing {
	return words{q: q, lang: lang, own: own, names: names}.standing(q.Inputs(m))
}

// ErrTooStale is what the news end with when an index lags too far behind.
var ErrTooStale = errTooStale

// NewsOf reads the news for a question as for an index after PostgreSQL's.
func (s *Service) NewsOf(ctx context.Context, q Question) (map[uuid.UUID]News, error) {
	return s.news(q, 1, mostNews, nil)(ctx, nil)
}
