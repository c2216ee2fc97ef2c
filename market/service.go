package market

import (
	"errors"
	"net/http"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/internal/files"
	"homecoming/internal/idp"
	"homecoming/internal/problem"
	"homecoming/internal/seal"
	"homecoming/market/personal"
)

// ResolveSkill finds the skill that a name, alias or id means for a company, and makes an unknown name the
// company's own, in the caller's transaction; for no company (uuid.Nil) it makes nothing and an unknown name gives "". A
// word that means several skills is refused with ErrSkillAmbiguous. Package matching provides it.
type ResolveSkill func(tx *gorm.DB, company uuid.UUID, name string) (skillID string, err error)

// A Service carries out the market's use cases. Each is one transaction, asks the policy first, leaves an audit row
// and enqueues what others must do about it.
type Service struct {
	db      *db.DB
	clock   clock.Clock
	resolve ResolveSkill
	vault   *vault
	box     *seal.Box   // nil where the installation has no key
	home    string      // where browsers reach the program
	files   files.Store // nil where it keeps none

	forgotten files.Store // where whom we forget is listed; nil: nowhere

	passkeys *webauthn.WebAuthn // nil where browsers take none
	idp      *idp.Client        // nil where companies cannot have providers
	comeBack string             // where providers send browsers back to
	replies  string             // the domain whose mails are answers; empty where nobody takes any

	rooms []personal.Room // what erasing somebody reaches, in its order

	hooks        *http.Client // nil where companies have no webhooks
	hooksPrivate bool         // they may lead to private networks
}

// An Option changes how a Service is made.
type Option func(*Service)

// New makes the market's use cases available on a database.
func New(d *db.DB, c clock.Clock, resolve ResolveSkill, options ...Option) *Service {
	s := &Service{db: d, clock: c, resolve: resolve, vault: newVault(PasswordCost), rooms: []personal.Room{people}}
	for _, o := range options {
		o(s)
	}
	return s
}

// WithBox keeps secrets that must be read again in a box. Without one, what needs them is refused with seal.ErrNoKey.
func WithBox(b *seal.Box) Option {
	return func(s *Service) { s.box = b }
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// one turns "no such row" into ErrNotFound.
func one(q *gorm.DB) error {
	if errors.Is(q.Error, gorm.ErrRecordNotFound) {
		return ErrNotFound
	}
	return q.Error
}

// TouchMembership notes that this membership's place in rankings may have changed; matching reads the note.
func TouchMembership(tx *gorm.DB, membership uuid.UUID) error {
	return tx.Exec(`INSERT INTO index_pending (company_id, membership_id)
		SELECT r.company_id, r.id FROM memberships m JOIN ranked_as r ON r.person_id = m.person_id AND (r.id = m.id OR r.id = m.person_id)
		WHERE m.id = ? ORDER BY r.id`, membership).Error
}

// TouchPerson notes it for all memberships of the person: skills, ratings and availability count everywhere, also beyond
// the companies where somebody is known.
func TouchPerson(tx *gorm.DB, person uuid.UUID) error {
	return tx.Exec(`INSERT INTO index_pending (company_id, membership_id)
		SELECT company_id, id FROM ranked_as WHERE person_id = ? ORDER BY id`, person).Error
}

// refused gives the problem that belongs to the violated constraint, and err itself when none does.
func refused(err error, byConstraint map[string]*problem.Error) error {
	if p, ok := byConstraint[db.Violated(err)]; ok {
		return p.Because(err)
	}
	return err
}
