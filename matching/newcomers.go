package matching

import (
	"context"

	"homecoming/market"
)

// NewcomerShares tells how much of what a company gives goes to people who had never been awarded anything there at that moment: a
// tally each for shown (tasks that somebody was shown for, discoveries included), invited, shortlisted (by the day of the bid) and
// awarded. Their numbers are all of it and the newcomers' within the months, and the same in as many months before. Lists are kept
// for 400 days: where the months before began earlier than that, they have no figure. Errors are those of [Service.ExposureOf].
func (s *Service) NewcomerShares(ctx context.Context, who market.Actor, c market.Company, m market.Months) ([]market.Tally, error) {
	args := m.Args(c, s.clock.Now())
	args["kept"] = s.clock.Now().Add(-keepFor)
	return market.CountIn(s.db.Gorm(ctx), who, market.ManagePeople, c, newcomers, args)
}

const newcomers = `WITH awarded AS (SELECT membership_id, updated_at AS at FROM bids WHERE company_id = @company AND state = 'accepted'),
	firsts AS (SELECT membership_id, min(at) AS at FROM awarded GROUP BY 1),
	acts AS (
		SELECT 'shown' AS kind, who AS membership_id, min(shown_at) AS at FROM rankings, unnest(listed || discovered) AS who
			WHERE company_id = @company AND as_of >= CAST(@start AS timestamptz)::date - 1 AND shown_at >= @start AND shown_at < @end GROUP BY task_id, who
		UNION ALL SELECT 'invited', membership_id, created_at FROM invitations WHERE company_id = @company AND created_at >= @start AND created_at < @end
		UNION ALL SELECT 'shortlisted', membership_id, created_at FROM bids WHERE company_id = @company AND shortlisted AND created_at >= @start AND created_at < @end
		UNION ALL SELECT 'awarded', membership_id, at FROM awarded WHERE at >= @start AND at < @end),
	told AS (SELECT a.kind, a.at >= @begin AS now, f.at IS NULL OR f.at >= a.at AS fresh FROM acts a LEFT JOIN firsts f ON f.membership_id = a.membership_id),
	kinds AS (SELECT kind, place, kind = 'shown' AND @start < @kept AS gone FROM unnest(ARRAY['shown', 'invited', 'shortlisted', 'awarded']) WITH ORDINALITY AS k (kind, place))
	SELECT 'step' AS by, k.kind AS key, '' AS name, '' AS name_en, ARRAY[count(*) FILTER (WHERE now), count(*) FILTER (WHERE now AND fresh),
		CASE WHEN gone THEN -1 ELSE count(*) FILTER (WHERE NOT now) END, CASE WHEN gone THEN -1 ELSE count(*) FILTER (WHERE NOT now AND fresh) END] AS n
	FROM kinds k LEFT JOIN told t ON t.kind = k.kind GROUP BY k.kind, k.place, k.gone ORDER BY k.place`
