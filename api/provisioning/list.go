package provisioning

import (
	"strings"
	"time"

	"github.com/elimity-com/scim"
	scimfilter "github.com/elimity-com/scim/filter"
	"github.com/elimity-com/scim/optional"
	"github.com/google/uuid"
	"github.com/scim2/filter-parser/v2"

	"homecoming/market"
)

func resource(id, external string, created, changed time.Time, attributes scim.ResourceAttributes) scim.Resource {
	r := scim.Resource{ID: id, Attributes: attributes, Meta: scim.Meta{Created: &created, LastModified: &changed}}
	if external != "" {
		r.ExternalID = optional.NewString(external)
	}
	return r
}

func each[T any](list []T, as func(T) scim.Resource) []scim.Resource {
	out := make([]scim.Resource, len(list))
	for i, one := range list {
		out[i] = as(one)
	}
	return out
}

// listed answers a list. What directories ask for all the time, one attribute that is equal to a text, is a question to the
// database; any other filter is tried on everything there is, a page at a time.
func listed(params scim.ListRequestParams, named string, read func(market.ProvisionedQuery) ([]scim.Resource, int, error)) (scim.Page, error) {
	q, known := market.ProvisionedQuery{}, true
	if params.FilterValidator != nil {
		q, known = equal(params.FilterValidator.GetFilter(), named)
	}
	if known {
		q.Offset, q.Limit = params.StartIndex-1, params.Count
		list, n, err := read(q)
		return scim.Page{TotalResults: n, Resources: list}, err
	}
	return sifted(params, *params.FilterValidator, read)
}

// sifted tries a filter on everything.
func sifted(params scim.ListRequestParams, by scimfilter.Validator, read func(market.ProvisionedQuery) ([]scim.Resource, int, error)) (scim.Page, error) {
	p := scim.Page{Resources: []scim.Resource{}}
	for offset := 0; ; offset += page {
		list, n, err := read(market.ProvisionedQuery{Offset: offset, Limit: page})
		if err != nil {
			return p, err
		}
		for _, r := range list {
			if !passes(by, r) {
				continue
			}
			if p.TotalResults++; p.TotalResults >= params.StartIndex && len(p.Resources) < params.Count {
				p.Resources = append(p.Resources, r)
			}
		}
		if offset+page >= n {
			return p, nil
		}
	}
}

func passes(by scimfilter.Validator, r scim.Resource) bool {
	all := map[string]any{"id": r.ID}
	for k, v := range r.Attributes {
		all[k] = v
	}
	if r.ExternalID.Present() {
		all["externalId"] = r.ExternalID.Value()
	}
	return by.PassesFilter(all) == nil
}

// equal is a filter as a question to the database, where it is a simple one. named is the attribute that names a thing of the kind.
func equal(e filter.Expression, named string) (q market.ProvisionedQuery, simple bool) {
	if path, ok := e.(*filter.ValuePath); ok && strings.EqualFold(path.AttributePath.AttributeName, "emails") { // emails[value eq "…"]
		inner, ok := path.ValueFilter.(*filter.AttributeExpression)
		if !ok || !strings.EqualFold(inner.AttributePath.AttributeName, "value") {
			return q, false
		}
		e = &filter.AttributeExpression{AttributePath: filter.AttributePath{AttributeName: "emails"}, Operator: inner.Operator, CompareValue: inner.CompareValue}
	}
	one, ok := e.(*filter.AttributeExpression)
	if !ok || one.Operator != filter.EQ || text(one.CompareValue) == "" {
		return q, false
	}
	wanted, sub := text(one.CompareValue), strings.ToLower(one.AttributePath.SubAttributeName())
	switch name := strings.ToLower(one.AttributePath.AttributeName); {
	case name == named && sub == "":
		q.Name = wanted
	case name == "externalid":
		q.ExternalID = wanted
	case name == "emails" && (sub == "" || sub == "value"):
		q.Email = wanted
	case name == "id":
		of, err := uuid.Parse(wanted)
		q.ID = of
		return q, err == nil && of != uuid.Nil
	default:
		return q, false
	}
	return q, true
}
