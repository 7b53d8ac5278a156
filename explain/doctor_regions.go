package explain

import (
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// regions are the regions of every partition (partitions.json of the SDKs). AWS
// adds some each year: one that is not here need not be wrong.
const regions = "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2" +
	" ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1" +
	" eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2" +
	" cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1 eusc-de-east-1 us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1" +
	" eu-isoe-west-1 us-isof-east-1 us-isof-south-1"

// knownRegion reports whether AWS has, or had when this was built, such a region;
// pseudo regions of the SDKs are fine too.
func knownRegion(name string) bool {
	name = strings.TrimSuffix(strings.TrimPrefix(name, "fips-"), "-fips")
	return strings.Contains(" "+regions+" ", " "+name+" ") || strings.HasSuffix(name, "-global")
}

// Region judges the value of a region setting.
func Region(v origin.Value) []Weighed {
	name := strings.TrimSpace(v.Text)
	if name == "" || knownRegion(name) {
		return nil
	}
	f := Finding{Code: "unknown-region", Where: at(v.Origin), What: "there is no region " + name}
	weight := WeightError
	near := nearRegions(name)
	switch {
	case knownRegion(strings.ToLower(name)):
		near = []string{strings.ToLower(name)}
		f.Why = "regions are written in small letters"
	case awsapi.IsRegion(name) && !slipped(name):
		// Well formed, and no slip of a known one: it may be newer than this program.
		weight, f.What, f.Why = WeightWarning, "latchkey does not know the region "+name, "it is none of the regions that AWS had when this latchkey was made; a new one is fine"
	default:
		f.Why = "no host of AWS has such a name, so every call fails"
	}
	f.Fix = "write a region of AWS at " + v.Origin.Position()
	if len(near) > 0 {
		f.Fix = "did you mean " + strings.Join(near, " or ") + "? Write it at " + v.Origin.Position()
	}
	return []Weighed{Weigh(weight, f)}
}

func nearRegions(name string) []string {
	return profile.Nearest(name, strings.Fields(regions))
}

// slipped reports whether the words of a region, without its number, are one slip
// of the fingers away from those of a known one.
func slipped(name string) bool {
	words := area(name)
	for known := range strings.FieldsSeq(regions) {
		if area(known) == words {
			return false
		}
	}
	for known := range strings.FieldsSeq(regions) {
		if oneSlip(words, area(known)) {
			return true
		}
	}
	return false
}

// area is a region without its number: eu-west.
func area(name string) string {
	at := strings.LastIndexByte(name, '-')
	return name[:max(at, 0)]
}

// oneSlip reports whether a becomes b by one letter more, less or other, or by two
// neighbours changing places.
func oneSlip(a, b string) bool {
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	a, b = a[from:], b[from:]
	switch {
	case len(a) == len(b)+1:
		return a[1:] == b
	case len(b) == len(a)+1:
		return b[1:] == a
	case len(a) != len(b) || a == "":
		return false
	}
	return a[1:] == b[1:] || len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
}
