package matching

import (
	"bytes"
	"cmp"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
)

// A Place is a position in a ranking. Score decides; ties go to the higher skills part, then to the higher tenure,
// then to who left latest, then to the lower membership id. No two members have the same Place.
type Place struct {
	Score      Score
	Skills     Score
	Tenure     Score
	LeftOn     civil.Date
	Membership uuid.UUID
}

// Compare is negative where a stands before b.
func (a Place) Compare(b Place) int {
	return cmp.Or(
		cmp.Compare(b.Score, a.Score),
		cmp.Compare(b.Skills, a.Skills),
		cmp.Compare(b.Tenure, a.Tenure),
		b.LeftOn.Compare(a.LeftOn),
		bytes.Compare(a.Membership[:], b.Membership[:]),
	)
}
