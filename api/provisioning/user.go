package provisioning

import (
	"net/http"
	"strings"

	"github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/scim2/filter-parser/v2"

	"homecoming/market"
)

// users are the people of a directory.
type users struct{ *Server }

func (u users) Create(r *http.Request, attributes scim.ResourceAttributes) (scim.Resource, error) {
	var e market.AccountEdit
	readUser(&e, attributes)
	a, err := u.market.ProvisionAccount(r.Context(), directory(r), e)
	return u.answer(r, a, err)
}

func (u users) Get(r *http.Request, text string) (scim.Resource, error) {
	of, err := id(text)
	if err != nil {
		return scim.Resource{}, err
	}
	list, _, err := u.market.ProvisionedAccounts(r.Context(), directory(r), market.ProvisionedQuery{ID: of, Limit: 1})
	if err == nil && len(list) == 0 {
		err = scimerrors.ScimErrorResourceNotFound(text)
	}
	if err != nil {
		return scim.Resource{}, u.told(r, err)
	}
	return userOf(list[0]), nil
}

func (u users) GetAll(r *http.Request, params scim.ListRequestParams) (scim.Page, error) {
	return listed(params, "username", func(q market.ProvisionedQuery) ([]scim.Resource, int, error) {
		list, n, err := u.market.ProvisionedAccounts(r.Context(), directory(r), q)
		if err != nil {
			return nil, 0, u.told(r, err)
		}
		return each(list, userOf), n, nil
	})
}

// Replace has nothing stay that is not said again, but for whether the account is on: leaving that out switches nobody off.
func (u users) Replace(r *http.Request, text string, attributes scim.ResourceAttributes) (scim.Resource, error) {
	return u.change(r, text, func(e *market.AccountEdit) error {
		*e = market.AccountEdit{Active: e.Active}
		said := *e
		readUser(&said, attributes)
		if _, spoken := attributes["active"]; !spoken {
			said.Active = e.Active
		}
		*e = said
		return nil
	})
}

func (u users) Patch(r *http.Request, text string, operations []scim.PatchOperation) (scim.Resource, error) {
	return u.change(r, text, func(e *market.AccountEdit) error {
		for _, op := range operations {
			if err := patchUser(e, op); err != nil {
				return err
			}
		}
		return nil
	})
}

func (u users) change(r *http.Request, text string, change func(*market.AccountEdit) error) (scim.Resource, error) {
	of, err := id(text)
	if err != nil {
		return scim.Resource{}, err
	}
	a, err := u.market.ChangeAccount(r.Context(), directory(r), of, change)
	return u.answer(r, a, err)
}

func (u users) answer(r *http.Request, a market.ProvisionedAccount, err error) (scim.Resource, error) {
	if err != nil {
		return scim.Resource{}, u.told(r, err)
	}
	return userOf(a), nil
}

func (u users) Delete(r *http.Request, text string) error {
	of, err := id(text)
	if err != nil {
		return err
	}
	if err := u.market.RemoveAccount(r.Context(), directory(r), of); err != nil {
		return u.told(r, err)
	}
	return nil
}

// userOf is an account as a directory reads it.
func userOf(a market.ProvisionedAccount) scim.Resource {
	in := make([]any, len(a.Groups))
	for i, g := range a.Groups {
		in[i] = map[string]any{"value": g.ID.String(), "display": g.Name}
	}
	full := strings.TrimSpace(a.FamilyName + " " + a.GivenName)
	return resource(a.ID.String(), a.ExternalID, a.CreatedAt, a.ChangedAt, scim.ResourceAttributes{
		"userName": a.UserName, "active": a.Active, "displayName": full, "groups": in,
		"name":   map[string]any{"familyName": a.FamilyName, "givenName": a.GivenName, "formatted": full},
		"emails": []any{map[string]any{"value": a.Email, "type": "work", "primary": true}},
	})
}

// readUser takes of a whole user what is kept here. A user is on unless it is said otherwise, and whoever has no address has the
// user name for one.
func readUser(e *market.AccountEdit, attributes scim.ResourceAttributes) {
	e.Active = true
	for name, v := range attributes {
		setUser(e, name, "", v)
	}
	if e.Email == "" {
		e.Email = e.UserName
	}
}

// patchUser does one operation of RFC 7644, section 3.5.2.
func patchUser(e *market.AccountEdit, op scim.PatchOperation) error {
	if op.Path == nil {
		all, _ := op.Value.(map[string]any)
		for name, v := range all {
			name, sub, _ := strings.Cut(name, ".")
			setUser(e, name, sub, v)
		}
		return nil
	}
	path := op.Path
	sub := path.AttributePath.SubAttributeName()
	if sub == "" {
		sub = path.SubAttributeName()
	}
	if path.AttributePath.URI() != "" && !strings.HasSuffix(path.AttributePath.URI(), ":core:2.0:User") || !ofWork(path.ValueExpression) {
		return nil
	}
	if op.Op == scim.PatchOperationRemove {
		if strings.EqualFold(path.AttributePath.AttributeName, "active") {
			return scimerrors.ScimErrorMutability // nobody is switched on or off by saying nothing
		}
		setUser(e, path.AttributePath.AttributeName, sub, nil)
		return nil
	}
	setUser(e, path.AttributePath.AttributeName, sub, op.Value)
	return nil
}

// ofWork reports whether a path with a filter, such as emails[type eq "work"], means the one address that is kept here.
func ofWork(e filter.Expression) bool {
	compared, ok := e.(*filter.AttributeExpression)
	if e == nil || !ok || !strings.EqualFold(compared.AttributePath.AttributeName, "type") {
		return true
	}
	kind, _ := compared.CompareValue.(string)
	return strings.EqualFold(kind, "work")
}

// setUser sets one attribute, or a part of it; nil takes it away. What is not kept here is left out.
func setUser(e *market.AccountEdit, name, sub string, v any) {
	switch strings.ToLower(name) {
	case "username":
		e.UserName = text(v)
	case "externalid":
		e.ExternalID = text(v)
	case "active":
		if on, ok := v.(bool); ok {
			e.Active = on
		}
	case "name":
		setName(e, strings.ToLower(sub), v)
	case "emails":
		if sub == "" || strings.EqualFold(sub, "value") {
			e.Email = addressIn(v)
		}
	}
}

func setName(e *market.AccountEdit, sub string, v any) {
	switch sub {
	case "familyname":
		e.FamilyName = text(v)
	case "givenname":
		e.GivenName = text(v)
	case "":
		parts, _ := v.(map[string]any)
		if v == nil {
			e.FamilyName, e.GivenName = "", ""
		}
		for part, said := range parts {
			if part != "" {
				setName(e, strings.ToLower(part), said)
			}
		}
	}
}

// addressIn is the address among those that somebody has by which they work: the primary one, one of work, or the first.
func addressIn(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		return text(v["value"])
	case []any:
		best, found := "", -1
		for _, one := range v {
			address, _ := one.(map[string]any)
			rank := 0
			if strings.EqualFold(text(address["type"]), "work") {
				rank = 1
			}
			if address["primary"] == true {
				rank = 2
			}
			if rank > found {
				best, found = text(address["value"]), rank
			}
		}
		return best
	}
	return ""
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
