package market

import (
	"slices"
	"strings"

	"homecoming/internal/problem"
)

// A Scope is a part of what a person may do that a token is good for: a subject, to read or also to write. A token never
// does what its person may not do at that moment, whatever its scopes.
type Scope string

// Everything is the scope of a token that may do all that its person may, ways of signing in and tokens included.
const Everything Scope = "all"

// Subjects are what scopes are about.
var Subjects = []string{"me", "people", "events", "referrals", "news", "tasks", "contracts", "money", "company"}

// Scopes are all scopes there are, the widest first.
var Scopes = func() []Scope {
	all := []Scope{Everything}
	for _, s := range Subjects {
		all = append(all, Reading(s), Writing(s))
	}
	return all
}()

// Reading is the scope to look at a subject.
func Reading(subject string) Scope { return Scope(subject + ":read") }

// Writing is the scope to change things of a subject, and to look at it.
func Writing(subject string) Scope { return Scope(subject + ":write") }

// What can be wrong with scopes.
var (
	ErrScope = problem.Define(problem.Forbidden, "scope_missing",
		"This token lacks the scope {scope}. Make one that has it in the settings.",
		"このトークンにはスコープ「{scope}」がありません。設定画面で必要なスコープを含むトークンを発行してください。")
	ErrNoScope = problem.Define(problem.Invalid, "no_scope",
		"Choose at least one thing that the token is good for.", "トークンで許可する操作を1つ以上選んでください。")
)

// covers reports whether this scope is good for what another one names.
func (s Scope) covers(needed Scope) bool {
	if s == Everything || s == needed {
		return true
	}
	subject, reads := strings.CutSuffix(string(needed), ":read")
	return reads && s == Writing(subject)
}

// Within refuses a token whose scopes do not cover what is needed; without one, only a token for everything passes.
func (a Actor) Within(needed Scope) error {
	if needed == "" {
		needed = Everything
	}
	if len(a.Scopes) == 0 || slices.ContainsFunc(a.Scopes, func(s Scope) bool { return s.covers(needed) }) {
		return nil
	}
	return ErrScope.With("scope", string(needed))
}

// checkScopes puts scopes in order, each once, and finds those that there are not. Everything makes the others needless.
func checkScopes(chosen []Scope) ([]Scope, error) {
	if len(chosen) == 0 {
		return nil, ErrNoScope.On("scopes")
	}
	for i, s := range chosen {
		if !slices.Contains(Scopes, s) {
			return nil, ErrNotOneOf.On("scopes["+itoa(i)+"]").With("value", s).With("allowed", strings.Join(texts(Scopes), ", "))
		}
	}
	if slices.Contains(chosen, Everything) {
		return []Scope{Everything}, nil
	}
	return slices.DeleteFunc(slices.Clone(Scopes), func(s Scope) bool { return !slices.Contains(chosen, s) }), nil
}
