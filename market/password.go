package market

import (
	"strings"
	"sync"

	"github.com/alexedwards/argon2id"

	"homecoming/internal/problem"
)

// PasswordCost is what one guess costs: the second of OWASP's equivalent settings for argon2id, 19 MiB and two passes.
var PasswordCost = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// WithPasswordCost hashes passwords at another cost; tests use a small one.
func WithPasswordCost(cost argon2id.Params) Option {
	return func(s *Service) { s.vault = newVault(cost) }
}

// Limits of a password, in characters.
const (
	minPassword = 10
	maxPassword = 200
)

// What can be wrong with a password.
var (
	ErrPasswordShort   = problem.Define(problem.Invalid, "password_too_short", "A password needs at least {min} characters. A short sentence works well.", "パスワードは{min}文字以上にしてください。短い文章にすると覚えやすくなります。")
	ErrPasswordGuessed = problem.Define(problem.Invalid, "password_guessable", "This is your e-mail address. Choose something that only you know.", "メールアドレスはパスワードに使えません。ご自身だけが知る文字列にしてください。")
)

// checkPassword refuses what is too short, too long or the address itself.
func checkPassword(password, email string) error {
	switch n := len([]rune(password)); {
	case n < minPassword:
		return ErrPasswordShort.On("password").With("min", minPassword)
	case n > maxPassword:
		return ErrTooLong.On("password").With("max", maxPassword)
	case strings.EqualFold(password, email):
		return ErrPasswordGuessed.On("password")
	}
	return nil
}

// A vault hashes passwords and compares them, at the same cost whether or not there is one to compare with.
type vault struct {
	cost  argon2id.Params
	decoy func() (string, error)
}

func newVault(cost argon2id.Params) *vault {
	return &vault{cost: cost, decoy: sync.OnceValues(func() (string, error) {
		return argon2id.CreateHash("nobody's password", &cost)
	})}
}

func (v *vault) hash(password string) (string, error) { return argon2id.CreateHash(password, &v.cost) }

// matches compares with a stored hash. An empty one never matches, and takes as long.
func (v *vault) matches(password, hash string) (bool, error) {
	known := hash != ""
	if !known {
		var err error
		if hash, err = v.decoy(); err != nil {
			return false, err
		}
	}
	if len(password) > 4*maxPassword {
		password = "" // too long to be anybody's; the work stays the same
	}
	same, err := argon2id.ComparePasswordAndHash(password, hash)
	return same && known, err
}
