package web

import "homecoming/market"

// arrivals are what is new to a reader on the pages where people begin: the next event, and the news that they have not read.
type arrivals struct {
	event *market.EventView
	news  []market.PostView
}

// newsShown is how many posts stand there.
const newsShown = 3

func (v *visit) arrivals() (a arrivals, err error) {
	if a.event, err = v.nextEvent(); err != nil {
		return a, err
	}
	a.news, err = v.Market.Posts(v.ctx, v.who, market.PostFilter{Unread: true, Limit: newsShown})
	return a, err
}
