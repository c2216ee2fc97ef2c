package provisioning

import (
	"net/http"
	"slices"
	"strings"

	"github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/google/uuid"
	"github.com/scim2/filter-parser/v2"

	"homecoming/market"
)

// groups are the groups of a directory.
type groups struct{ *Server }

func (g groups) Create(r *http.Request, attributes scim.ResourceAttributes) (scim.Resource, error) {
	var e market.GroupEdit
	if err := readGroup(&e, attributes); err != nil {
		return scim.Resource{}, err
	}
	of, err := g.market.ProvisionGroup(r.Context(), directory(r), e)
	return g.answer(r, of, err)
}

func (g groups) Get(r *http.Request, text string) (scim.Resource, error) {
	of, err := id(text)
	if err != nil {
		return scim.Resource{}, err
	}
	list, _, err := g.market.ProvisionedGroups(r.Context(), directory(r), market.ProvisionedQuery{ID: of, Limit: 1}, wantsMembers(r))
	if err == nil && len(list) == 0 {
		err = scimerrors.ScimErrorResourceNotFound(text)
	}
	if err != nil {
		return scim.Resource{}, g.told(r, err)
	}
	return groupOf(list[0]), nil
}

func (g groups) GetAll(r *http.Request, params scim.ListRequestParams) (scim.Page, error) {
	return listed(params, "displayname", func(q market.ProvisionedQuery) ([]scim.Resource, int, error) {
		list, n, err := g.market.ProvisionedGroups(r.Context(), directory(r), q, wantsMembers(r))
		if err != nil {
			return nil, 0, g.told(r, err)
		}
		return each(list, groupOf), n, nil
	})
}

// wantsMembers reports whether the members are to be in the answer: directories leave them out where there may be many.
func wantsMembers(r *http.Request) bool {
	return !slices.ContainsFunc(strings.Split(r.URL.Query().Get("excludedAttributes"), ","), func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), "members") })
}

func (g groups) Replace(r *http.Request, text string, attributes scim.ResourceAttributes) (scim.Resource, error) {
	return g.change(r, text, func(e *market.GroupEdit) error {
		*e = market.GroupEdit{}
		return readGroup(e, attributes)
	})
}

func (g groups) Patch(r *http.Request, text string, operations []scim.PatchOperation) (scim.Resource, error) {
	return g.change(r, text, func(e *market.GroupEdit) error {
		for _, op := range operations {
			if err := patchGroup(e, op); err != nil {
				return err
			}
		}
		return nil
	})
}

func (g groups) change(r *http.Request, text string, change func(*market.GroupEdit) error) (scim.Resource, error) {
	of, err := id(text)
	if err != nil {
		return scim.Resource{}, err
	}
	changed, err := g.market.ChangeGroup(r.Context(), directory(r), of, change)
	return g.answer(r, changed, err)
}

func (g groups) answer(r *http.Request, of market.ProvisionedGroup, err error) (scim.Resource, error) {
	if err != nil {
		return scim.Resource{}, g.told(r, err)
	}
	return groupOf(of), nil
}

func (g groups) Delete(r *http.Request, text string) error {
	of, err := id(text)
	if err != nil {
		return err
	}
	if err := g.market.RemoveGroup(r.Context(), directory(r), of); err != nil {
		return g.told(r, err)
	}
	return nil
}

// groupOf is a group as a directory reads it.
func groupOf(g market.ProvisionedGroup) scim.Resource {
	members := make([]any, len(g.Members))
	for i, m := range g.Members {
		members[i] = map[string]any{"value": m.String(), "type": "User"}
	}
	attributes := scim.ResourceAttributes{"displayName": g.Name}
	if len(members) > 0 {
		attributes["members"] = members
	}
	return resource(g.ID.String(), g.ExternalID, g.CreatedAt, g.ChangedAt, attributes)
}

func readGroup(e *market.GroupEdit, attributes scim.ResourceAttributes) (err error) {
	e.Name, e.ExternalID = text(attributes["displayName"]), text(attributes["externalId"])
	e.Members, err = membersIn(attributes["members"])
	return err
}

// patchGroup does one operation of RFC 7644, section 3.5.2.
func patchGroup(e *market.GroupEdit, op scim.PatchOperation) error {
	if op.Path == nil {
		all, _ := op.Value.(map[string]any)
		for name, v := range all {
			if err := setGroup(e, op.Op, name, v); err != nil {
				return err
			}
		}
		return nil
	}
	if op.Path.ValueExpression != nil { // members[value eq "…"]
		one, ok := op.Path.ValueExpression.(*filter.AttributeExpression)
		if !ok || op.Op != scim.PatchOperationRemove || one.Operator != filter.EQ || !strings.EqualFold(one.AttributePath.AttributeName, "value") {
			return scimerrors.ScimErrorInvalidPath
		}
		return setGroup(e, op.Op, op.Path.AttributePath.AttributeName, []any{map[string]any{"value": one.CompareValue}})
	}
	return setGroup(e, op.Op, op.Path.AttributePath.AttributeName, op.Value)
}

func setGroup(e *market.GroupEdit, op, name string, v any) error {
	switch strings.ToLower(name) {
	case "displayname":
		e.Name = text(v)
	case "externalid":
		e.ExternalID = text(v)
	case "members":
		members, err := membersIn(v)
		if err != nil {
			return err
		}
		switch {
		case op == scim.PatchOperationAdd:
			e.Members = append(e.Members, members...)
		case op == scim.PatchOperationRemove && v != nil:
			e.Members = slices.DeleteFunc(e.Members, func(m uuid.UUID) bool { return slices.Contains(members, m) })
		default:
			e.Members = members
		}
	}
	return nil
}

// membersIn reads the ids of members.
func membersIn(v any) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	list, _ := v.([]any)
	for _, one := range list {
		member, _ := one.(map[string]any)
		of, err := uuid.Parse(text(member["value"]))
		if err != nil {
			said := scimerrors.ScimErrorInvalidValue
			said.Detail = "members: “" + text(member["value"]) + "” is no id of a user of this directory."
			return nil, said
		}
		ids = append(ids, of)
	}
	return ids, nil
}
