package web

import (
	"context"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const looksPath = "/profile/looks"

func (v *visit) getLooks() error {
	list, err := v.Market.WhoLooked(v.ctx, v.who)
	if err != nil {
		return err
	}
	return v.ok(looksPage(list))
}

// viewedBy is who looked: their name where it is shown, and their role.
func viewedBy(ctx context.Context, l market.ProfileLook) string {
	role := l.Role
	if known("look.role." + role) {
		role = ui.T(ctx, "look.role."+role)
	}
	switch {
	case l.Name != "" && role != "":
		return l.Name + " · " + role
	case role == "":
		return ui.T(ctx, "look.somebody")
	}
	return role
}
