package matching

import "homecoming/internal/problem"

// Best opens the loop to the tests of the package.
var Best = best

// ErrMoving is what Best returns when the index does not stand still.
var ErrMoving = errMoving

// Speak scores a member and gives the reasons, with these names.
func Speak(lang problem.Language, own bool, names map[string]problem.Word, q Question, m Member) Standing {
	return words{q: q, lang: lang, own: own, names: names}.standing(q.Inputs(m))
}
