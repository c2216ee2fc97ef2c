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
	Role         Role      `json:"role"`
	MembershipID uuid.UUID `json:"membership_id,omitzero"` // for Alumnus, Outsider, and Staff by a stint that lasts
}

// An Actor is the person on whose behalf something is done, with every role they have. The zero Actor is nobody.
type Actor struct {
	PersonID uuid.UUID        `json:"person_id"`
	Email    string           `json:"email"`
	Name     string           `json:"name"`
	Language problem.Language `json:"language"`
	Grants   []Grant          `json:"grants"`
	Session  uuid.UUID        `json:"-"` // the browser's; zero for a token, a job or a command
}

// Is reports whether the actor has one of the roles at the company. An administrator has every staff role there,
// but is neither an alumnus nor the installation's operator by that.
func (a Actor) Is(company uuid.UUID, roles ...Role) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool {
		if g.CompanyID != company {
			return false
		}
		if g.Role == Administrator {
			return slices.ContainsFunc(roles, func(r Role) bool { return r != Alumnus && r != Outsider && r != Operator })
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

// Companies lists the companies where the actor has one of the roles, each once.
func (a Actor) Companies(roles ...Role) []uuid.UUID {
	var ids []uuid.UUID
	for _, g := range a.Grants {
		if !slices.Contains(ids, g.CompanyID) && a.Is(g.CompanyID, roles...) {
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
