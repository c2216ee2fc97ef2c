package matching

import (
	"encoding/json"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/market"
)

// barsOf is what keeps a person p apart from the company c, as JSON, and null for nothing; a bar that is over moves nobody.
const barsOf = `(SELECT jsonb_agg(jsonb_build_object('Company', x.company_id, 'From', x.from_on, 'Until', x.until_on)) FROM bars x
	WHERE x.person_id = p.id AND x.company_id = c.id AND x.lifted_at IS NULL)`

// outsiders reads those of the people who agreed to be shown beyond the companies where they worked.
func outsiders(g *gorm.DB, people []uuid.UUID) ([]located, error) {
	var rows []struct {
		ID             uuid.UUID
		ShownTo        market.ShownTo
		AvailableFrom  *civil.Date
		HourlyRate     *int64
		RateCurrency   string
		Bars           []byte
		Stars, Ratings int
	}
	err := g.Raw(`SELECT p.id, p.shown_to, p.available_from, p.hourly_rate, p.rate_currency, r.stars, r.ratings,
			coalesce((SELECT jsonb_agg(jsonb_build_object('Company', x.company_id, 'From', x.from_on, 'Until', x.until_on)) FROM bars x
				WHERE x.person_id = p.id AND x.lifted_at IS NULL), '[]') AS bars
		FROM people p
		CROSS JOIN LATERAL (SELECT coalesce(sum(rating), 0) AS stars, count(*) AS ratings FROM reviews WHERE person_id = p.id AND by_side = 'company') r
		WHERE p.id = ANY(?::uuid[]) AND p.shown_to <> 'nobody'`, pq.Array(people)).Scan(&rows).Error
	found := make([]located, len(rows))
	for i, r := range rows {
		found[i].Member = Member{ID: r.ID, Person: r.ID, Ratings: r.Ratings, Stars: r.Stars, AvailableFrom: r.AvailableFrom, HourlyRate: r.HourlyRate,
			Beyond: &Outside{To: r.ShownTo, Currency: r.RateCurrency}}
		if err := json.Unmarshal(r.Bars, &found[i].Bars); err != nil {
			return nil, err
		}
	}
	return found, err
}

// addBeyond adds where people from outside come from, and where they have a part already.
func addBeyond(g *gorm.DB, people map[uuid.UUID][]*Member) error {
	outside := map[uuid.UUID][]*Outside{}
	for id, members := range people {
		for _, m := range members {
			if m.Beyond != nil {
				outside[id] = append(outside[id], m.Beyond)
			}
		}
	}
	if len(outside) == 0 {
		return nil
	}
	var rows []struct {
		PersonID, CompanyID uuid.UUID
		Role                bool
		JoinedOn, LeftOn    *civil.Date
	}
	err := g.Raw(`SELECT m.person_id, m.company_id, false AS role, s.joined_on, s.left_on
		FROM memberships m LEFT JOIN stints s ON s.membership_id = m.id WHERE m.person_id = ANY(CAST(@people AS uuid[]))
		UNION ALL
		SELECT DISTINCT person_id, company_id, true, NULL::date, NULL::date FROM role_grants WHERE person_id = ANY(CAST(@people AS uuid[])) AND accepted_at IS NOT NULL
		ORDER BY 1, 2, 3, 4, 5`, map[string]any{"people": pq.Array(keys(outside))}).Scan(&rows).Error
	for _, r := range rows {
		for _, b := range outside[r.PersonID] {
			switch {
			case r.Role:
				b.Roles = append(b.Roles, r.CompanyID)
			case r.JoinedOn == nil:
				b.Members = append(b.Members, r.CompanyID)
			default:
				b.worked(r.CompanyID, Stint{JoinedOn: *r.JoinedOn, LeftOn: r.LeftOn})
			}
		}
	}
	return err
}

// worked adds a stint; those of one company come one after the other.
func (b *Outside) worked(company uuid.UUID, s Stint) {
	if n := len(b.Homes); n == 0 || b.Homes[n-1].Company != company {
		b.Homes, b.Members = append(b.Homes, Home{Company: company}), append(b.Members, company)
	}
	last := &b.Homes[len(b.Homes)-1]
	last.Stints = append(last.Stints, s)
}

// companies are those whose documents may answer the question: its own and, for people from outside, none.
func (q Question) companies() []uuid.UUID {
	if q.Beyond.Nobody() {
		return []uuid.UUID{q.Company}
	}
	return []uuid.UUID{q.Company, uuid.Nil}
}
