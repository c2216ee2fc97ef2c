package access

import (
	"context"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
)

// What a route needs when it is no action of the market's policy.
const (
	Anybody  market.Action = "anybody"   // no login
	SignedIn market.Action = "signed_in" // any person; the use case decides what they see
)

// A Route is one path of the program.
type Route struct {
	Method  string
	Path    string          // parameters in braces: /tasks/{id}
	Needs   market.Action   // an action of the policy, or Anybody, or SignedIn
	Scope   market.Scope    // what a token must be good for; empty: everything
	Own     bool            // about the person, not a company: closed to whom a company's provider vouched for
	Limited bool            // ways in: so many tries per address, see [Attempt] for tries per account
	Quiet   bool            // who asked is written down nowhere: neither in the log nor under an Idempotency-Key
	Long    bool            // takes a file as long as an HR file may be
	Handle  gin.HandlerFunc // of a page; the API's routes bring their own
}

// Pages are what package web hands over to be mounted beside the API.
type Pages struct {
	Routes []Route
	// Problem shows an error as a page with the given status. Faults of ours arrive as a problem that apologises.
	Problem func(c *gin.Context, status int, p *problem.Error)
}

// Pattern is the path as gin writes it: /tasks/:id.
func (r Route) Pattern() string {
	return strings.NewReplacer("{", ":", "}", "").Replace(r.Path)
}

// Admit answers whether somebody may knock at all: [market.ErrNobody] for nobody, [market.ErrScope] for a token that is good
// for less, the policy's answer for a person who has the role at no company. The use case asks again with the company at hand.
func (r Route) Admit(who market.Actor) error {
	switch {
	case r.Needs == Anybody:
		return nil
	case who.PersonID == uuid.Nil:
		return market.ErrNobody
	}
	if r.Own && who.Through != uuid.Nil {
		return market.ErrOwnMeans
	}
	if err := who.Within(r.Scope); err != nil || r.Needs == SignedIn {
		return err
	}
	return who.MayAnywhere(r.Needs)
}

// Enter is asked before every handler: it counts the try where the route is limited, and admits.
func Enter(ctx context.Context, r Route) error {
	v := visitOf(ctx)
	if r.Limited {
		if err := v.gate.addresses.take(v.address, v.gate.cfg.Clock.Now()); err != nil {
			return err
		}
	}
	return r.Admit(v.actor)
}

// Attempt counts one try at an account, named as the caller wrote it, whether or not it exists. It returns
// [ErrTooOften] when there were too many lately.
func Attempt(ctx context.Context, account string) error {
	g := visitOf(ctx).gate
	return g.accounts.take(strings.ToLower(strings.TrimSpace(account)), g.cfg.Clock.Now())
}

// Fail ends a page's handler with an error, which is then shown as a page.
func Fail(c *gin.Context, err error) {
	_ = c.Error(err)
	c.Abort()
}
