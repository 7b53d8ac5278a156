package sandbox

import (
	"net/http"
	"strings"
)

// regionException is the answer of OIDC in a region that is not the Identity
// Center's. It says which one is.
const regionException = "InvalidRequestRegionException"

// inRegion takes a path /region/REGION/… apart: every service answers below it
// as well, and the Identity Center's know by it where they were asked. r is
// returned as it is if its path is another.
func inRegion(r *http.Request) (inner *http.Request, region string) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/region/")
	if !ok {
		return r, ""
	}
	region, path, _ := strings.Cut(rest, "/")
	prefix := "/region/" + region
	if region == "" || !regionLike(region) || r.URL.RawPath != "" && !strings.HasPrefix(r.URL.RawPath, prefix) {
		return r, ""
	}
	u := *r.URL
	u.Path = "/" + path
	if u.RawPath != "" {
		u.RawPath = "/" + strings.TrimPrefix(strings.TrimPrefix(u.RawPath, prefix), "/")
	}
	inner = r.WithContext(r.Context()) // a copy
	inner.URL = &u
	return inner, region
}

// RegionURL is the base of all endpoints in a region: the Identity Center's
// services answer there as AWS does in a region that may not be theirs. At
// [Server.URL] they are in every region.
func (s *Server) RegionURL(region string) string { return s.url + "/region/" + region }

// foreign reports whether a region is not the Identity Center's; "" is all regions.
func (s *Server) foreign(region string) bool {
	ic := s.world.IdentityCenter
	return region != "" && ic != nil && region != ic.Region
}

// elsewhere refuses what was sent to the wrong region. A program can register
// itself in any region, which helps it there alone, and a person can say yes to
// it; that all this was in vain shows when it wants its token.
func (s *Server) elsewhere(x *exchange) bool {
	if !s.foreign(x.region) {
		return false
	}
	switch {
	case x.rec.Service == "sso":
		x.portalFail(http.StatusUnauthorized, "UnauthorizedException", "Session token not found or invalid")
	case x.rec.Operation == "StartDeviceAuthorization", x.rec.Operation == "CreateToken":
		s.regionFail(x, "The Identity Center is in another region")
	default:
		return false
	}
	return true
}

// regionFail names the right region; without an Identity Center, the world's.
func (s *Server) regionFail(x *exchange, description string) {
	region := s.world.Region
	if ic := s.world.IdentityCenter; ic != nil {
		region = ic.Region
	}
	x.rec.Code = regionException
	x.w.Header().Set("X-Amzn-Errortype", regionException)
	x.write(http.StatusBadRequest, "application/json", []byte(toJSON(map[string]string{
		"error": "invalid_request", "error_description": description, "region": region, "endpoint": s.RegionURL(region),
	})))
}
