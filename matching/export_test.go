package matching

import "homecoming/internal/problem"

// Best opens the loop to the tests of the package.
var Best = best

// Sample opens the guesses of the loop to the tests of the package.
type Sample = sample

// SampleOf is a sample of these documents, the first one with the highest p.
func SampleOf(docs []Document) *sample {
	s := &sample{docs: docs, held: map[string][]holding{}}
	for i, d := range docs {
		s.byP, s.weights = append(s.byP, i), append(s.weights, 3)
		for skill, strength := range d.Held {
			s.held[skill] = append(s.held[skill], holding{i, strength})
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
