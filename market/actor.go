package market

import (
	"slices"

	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// A Role is what a person is to a company. One person may have several, at several companies.
type Role string

// The roles. Alumnus is never granted: it follows from a membership whose stints have all ended. Staff follows from one
// with a stint that lasts, and can be granted too. Outsider follows from a membership that came without stints.
const (
	Administrator Role = "administrator" // roles, rules, constants; may do everything in the company
	Manager       Role = "manager"       // posts, compares, agrees, accepts
	Approver      Role = "approver"      // says yes or no to spending
	Finance       Role = "finance"       // ledger, payouts, reconciliation, exports
	Office        Role = "office"        // the alumni office: imports, invitations, the network
	Staff         Role = "staff"         // a current employee
	Operator      Role = "operator"      // runs the installation
	Alumnus       Role = "alumnus"       // left, and is welcome
	Outsider      Role = "outsider"      // never worked here: was invited from outside, or bid
)

// A Grant is one role at one company.
type Grant struct {
	CompanyID    uuid.UUID `json:"company_id"`
	Role         Role      `json:"role"`                   // a fixed one, or the id of one that the company made
	Name         string    `json:"name,omitempty"`         // of a role that the company made
	Allows       []Action  `json:"allows,omitempty"`       // what such a role allows
	MembershipID uuid.UUID `json:"membership_id,omitzero"` // for Alumnus, Outsider, and Staff by a stint that lasts
	Guarded      bool      `json:"-"`                      // the company wants its own people to come in by its provider
}

// theirs reports whether the role is about the person, or about the whole installation, rather than about the company.
func (g Grant) theirs() bool { return !administratorIs(g.Role) }

// carries reports whether the role allows the action. A company's own role never makes anybody an alumnus or an operator.
func (g Grant) carries(do Action) bool {
	switch {
	case g.Role == Administrator:
		return slices.ContainsFunc(policy[do], administratorIs)
	case slices.Contains(policy[do], g.Role):
		return true
	}
	return slices.Contains(g.Allows, do) && slices.Contains(Permissions, do)
}

// administratorIs reports whether an administrator has a role as well: every one but those that are about oneself or the
// whole installation.
func administratorIs(r Role) bool { return r != Alumnus && r != Outsider && r != Operator }

// An Actor is the person on whose behalf something is done, with every role they have. The zero Actor is nobody.
type Actor struct {
	PersonID uuid.UUID        `json:"person_id"`
	Email    string           `json:"email"`
	Name     string           `json:"name"`
	Language problem.Language `json:"language"`
	Grants   []Grant          `json:"grants"`
	Session  uuid.UUID        `json:"-"` // the browser's; zero for a token, a job or a command
	Scopes   []Scope          `json:"-"` // what a token is good for; nil: all that the person may
	Through  uuid.UUID        `json:"-"` // the company whose provider vouched for them; zero: they came by themselves
	Withheld []uuid.UUID      `json:"-"` // companies whose roles wait until they come through its provider
}

// through is the actor as a company's provider vouches for them: what they are to that company as its own people, and nothing
// that is their own or another's. A provider could say that it saw anybody.
func (a Actor) through(company uuid.UUID) Actor {
	a.Through = company
	a.Grants = slices.DeleteFunc(slices.Clone(a.Grants), func(g Grant) bool { return g.CompanyID != company || g.theirs() })
	return a
}

// byThemselves is the actor who came in by their own means: without their roles at companies that want their people to come
// through a provider. An administrator's are spared, so that a provider that breaks locks nobody out for good.
func (a Actor) byThemselves() Actor {
	kept := a.Grants[:0:0]
	for _, g := range a.Grants {
		switch {
		case !g.Guarded || g.theirs() || a.Is(g.CompanyID, Administrator):
			kept = append(kept, g)
		case !slices.Contains(a.Withheld, g.CompanyID):
			a.Withheld = append(a.Withheld, g.CompanyID)
		}
	}
	a.Grants = kept
	return a
}

// voucher is the company whose provider vouched, as tables keep it.
func (a Actor) voucher() *uuid.UUID {
	if a.Through == uuid.Nil {
		return nil
	}
	return &a.Through
}

// Self is the person whose own things the actor may see; nobody where a provider vouched.
func (a Actor) Self() uuid.UUID {
	if a.Through != uuid.Nil {
		return uuid.Nil
	}
	return a.PersonID
}

// Is reports whether the actor has one of the roles at the company. An administrator has every staff role there,
// but is neither an alumnus nor the installation's operator by that.
func (a Actor) Is(company uuid.UUID, roles ...Role) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool {
		if g.CompanyID != company {
			return false
		}
		if g.Role == Administrator {
			return slices.ContainsFunc(roles, administratorIs)
		}
		return slices.Contains(roles, g.Role)
	})
}

// Belongs reports whether the actor has any role at the company.
func (a Actor) Belongs(company uuid.UUID) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.CompanyID == company })
}

// InNetwork reports whether the actor belongs to the company other than as somebody from outside.
func (a Actor) InNetwork(company uuid.UUID) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.CompanyID == company && g.Role != Outsider })
}

// Companies lists the companies where the actor may do the action, each once.
func (a Actor) Companies(do Action) []uuid.UUID {
	return a.companies(func(g Grant) bool { return g.carries(do) })
}

// Desks lists the companies that the actor works for: where a role allows anything that is the company's own affair. Running
// the installation is none.
func (a Actor) Desks() []uuid.UUID {
	return a.companies(func(g Grant) bool { return g.Role != Operator && slices.ContainsFunc(Permissions, g.carries) })
}

func (a Actor) companies(where func(Grant) bool) []uuid.UUID {
	var ids []uuid.UUID
	for _, g := range a.Grants {
		if !slices.Contains(ids, g.CompanyID) && where(g) {
			ids = append(ids, g.CompanyID)
		}
	}
	return ids
}

// Memberships lists the actor's own memberships as an alumnus or from outside.
func (a Actor) Memberships() []uuid.UUID {
	var ids []uuid.UUID
	for _, g := range a.Grants {
		if g.Role == Alumnus || g.Role == Outsider {
			ids = append(ids, g.MembershipID)
		}
	}
	return ids
}
