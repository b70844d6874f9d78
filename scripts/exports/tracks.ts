/** A GPX file of any number of points, in pieces: one a second, with what a watch adds. */
export function* gpxTrack(points: number): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1" xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1"><trk><name>Morning</name><trkseg>\n`;
  for (let i = 0; i < points; i++) {
    yield `<trkpt lat="${(59 + i / 1e6).toFixed(6)}" lon="10.75"><ele>3.5</ele><time>${timeAt(i)}</time><extensions><gpxtpx:TrackPointExtension><gpxtpx:hr>${100 + (i % 50)}</gpxtpx:hr></gpxtpx:TrackPointExtension></extensions></trkpt>\n`;
  }
  yield `</trkseg></trk></gpx>\n`;
}

/** A TCX file of any number of points in laps of a thousand, in pieces. */
export function* tcxActivity(points: number): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities><Activity Sport="Biking"><Id>${timeAt(0)}</Id>\n`;
  for (let i = 0; i < points; i++) {
    if (i % 1000 === 0) {
      if (i > 0) yield `</Track></Lap>\n`;
      yield `<Lap StartTime="${timeAt(i)}"><TotalTimeSeconds>1000</TotalTimeSeconds><DistanceMeters>2500</DistanceMeters><Track>\n`;
    }
    yield `<Trackpoint><Time>${timeAt(i)}</Time><Position><LatitudeDegrees>${(59 + i / 1e6).toFixed(6)}</LatitudeDegrees><LongitudeDegrees>10.75</LongitudeDegrees></Position></Trackpoint>\n`;
  }
  if (points > 0) yield `</Track></Lap>`;
  yield `</Activity></Activities></TrainingCenterDatabase>\n`;
}

function timeAt(second: number): string {
  return new Date(1_700_000_000_000 + second * 1000).toISOString();
}
