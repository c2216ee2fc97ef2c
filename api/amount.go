package api

import (
	"bytes"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"homecoming/market"
)

// An amount is money as people may send it: the whole object, or a bare number of the company's minor units.
type amount market.Money

// UnmarshalJSON takes both forms. Fractions of a minor unit are no money.
func (a *amount) UnmarshalJSON(body []byte) error {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return json.Unmarshal(body, &a.Amount)
	}
	return json.Unmarshal(body, (*market.Money)(a))
}

// MarshalJSON always gives the whole object.
func (a amount) MarshalJSON() ([]byte, error) { return json.Marshal(market.Money(a)) }

// Schema is what the document says about it, and what is checked before a handler sees it.
func (amount) Schema(huma.Registry) *huma.Schema {
	whole := huma.Schema{Type: huma.TypeInteger, Format: "int64", Description: "Minor units"}
	currency := huma.Schema{Type: huma.TypeString, Pattern: "^[A-Z]{3}$", Description: "ISO 4217; the company's when left out"}
	object := huma.Schema{Type: huma.TypeObject, Required: []string{"amount"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{"amount": &whole, "currency": &currency}, Examples: []any{map[string]any{"amount": 300000, "currency": "JPY"}}}
	bare := huma.Schema{Type: huma.TypeInteger, Format: "int64", Description: "Minor units of the company's currency"}
	for _, s := range []*huma.Schema{&whole, &currency, &object, &bare} {
		s.PrecomputeMessages()
	}
	return &huma.Schema{OneOf: []*huma.Schema{&object, &bare}, Description: "Money without consumption tax"}
}
