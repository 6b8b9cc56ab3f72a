CREATE VIEW v_studies AS
SELECT
    study.study_instance_uid,
    study.status,
    study.status_reason,
    study.version,
    study.complete,
    study.patient_id,
    study.patient_name,
    study.accession_number,
    study.study_date,
    study.study_description,
    study.first_received_at,
    study.last_received_at,
    study.settled_at,
    (SELECT COUNT(*) FROM series WHERE series.study_id = study.id) AS series,
    (SELECT COUNT(*) FROM instance JOIN series ON series.id = instance.series_id
        WHERE series.study_id = study.id) AS instances,
    (SELECT COUNT(*) FROM finding WHERE finding.study_id = study.id AND finding.state = 'present'
        AND finding.version = COALESCE((SELECT MAX(r.version) FROM report r WHERE r.study_id = study.id),
        (SELECT MAX(f.version) FROM finding f WHERE f.study_id = study.id))) AS signs_present,
    (SELECT COUNT(*) FROM finding WHERE finding.study_id = study.id AND finding.state IN ('present', 'absent')
        AND finding.version = COALESCE((SELECT MAX(r.version) FROM report r WHERE r.study_id = study.id),
        (SELECT MAX(f.version) FROM finding f WHERE f.study_id = study.id))) AS signs_evaluable,
    (SELECT MAX(report.created_at) FROM report WHERE report.study_id = study.id) AS reported_at,
    normal_study.marked_at AS normal_since,
    normal_study.note AS normal_note
FROM study
LEFT JOIN normal_study ON normal_study.study_id = study.id;

CREATE VIEW v_series AS
SELECT
    study.study_instance_uid,
    series.series_instance_uid,
    series.modality,
    series.series_number,
    series.series_description,
    (SELECT COUNT(*) FROM instance WHERE instance.series_id = series.id) AS instances,
    stack.version,
    stack.number AS stack,
    stack.images,
    stack.contrast,
    stack.body_part,
    stack.plane,
    stack.confidence,
    stack.evidence,
    stack.analysis,
    stack.decision
FROM series
JOIN study ON study.id = series.study_id
LEFT JOIN stack ON stack.series_id = series.id
    AND stack.version = (SELECT MAX(s.version) FROM stack s WHERE s.series_id = series.id);

CREATE VIEW v_analyses AS
SELECT
    study.study_instance_uid,
    analysis.version,
    analysis.name,
    analysis.status,
    analysis.attempts,
    analysis.error,
    analysis.software_version,
    analysis.started_at,
    analysis.finished_at,
    analysis.norms_version
FROM analysis
JOIN study ON study.id = analysis.study_id;

CREATE VIEW v_findings AS
SELECT
    study.study_instance_uid,
    finding.sign,
    measurement.region,
    measurement.side,
    finding.state,
    finding.confidence,
    MAX(CASE WHEN measurement.quantity = 'ratio' THEN measurement.value END) AS ratio,
    MAX(CASE WHEN measurement.quantity = 'z_score' THEN measurement.value END) AS z_score,
    CAST(finding.reasons AS VARCHAR) AS reasons,
    finding.software_version,
    finding.measured_at,
    finding.algorithm_name,
    finding.algorithm_version,
    finding.version,
    finding.norm
FROM finding
JOIN study ON study.id = finding.study_id
LEFT JOIN measurement ON measurement.finding_id = finding.id
WHERE finding.version = COALESCE((SELECT MAX(r.version) FROM report r WHERE r.study_id = finding.study_id),
        (SELECT MAX(f.version) FROM finding f WHERE f.study_id = finding.study_id))
GROUP BY
    study.study_instance_uid, finding.sign, measurement.position, measurement.region, measurement.side,
    finding.state, finding.confidence, CAST(finding.reasons AS VARCHAR), finding.software_version,
    finding.measured_at, finding.algorithm_name, finding.algorithm_version, finding.version,
    finding.norm;

CREATE VIEW v_measurements AS
SELECT
    study.study_instance_uid,
    finding.version,
    finding.sign,
    measurement.position,
    measurement.region,
    measurement.side,
    measurement.quantity,
    measurement.value,
    measurement.unit
FROM measurement
JOIN finding ON finding.id = measurement.finding_id
JOIN study ON study.id = finding.study_id
WHERE finding.version = COALESCE((SELECT MAX(r.version) FROM report r WHERE r.study_id = finding.study_id),
        (SELECT MAX(f.version) FROM finding f WHERE f.study_id = finding.study_id));

CREATE VIEW v_profiles AS
SELECT
    study.study_instance_uid,
    finding.version,
    finding.sign,
    CAST(finding.profiles AS VARCHAR) AS profiles
FROM finding
JOIN study ON study.id = finding.study_id
WHERE finding.version = COALESCE((SELECT MAX(r.version) FROM report r WHERE r.study_id = finding.study_id),
        (SELECT MAX(f.version) FROM finding f WHERE f.study_id = finding.study_id))
    AND finding.profiles IS NOT NULL;

CREATE VIEW v_pictures AS
SELECT
    study.study_instance_uid,
    picture.version,
    picture.analysis,
    picture.position,
    picture.sign,
    picture.title,
    picture.png
FROM picture
JOIN study ON study.id = picture.study_id;

CREATE VIEW v_norms AS
SELECT
    norms_version.id AS version,
    norms_version.created_at,
    norms_version.who,
    norms_version.software_version,
    norms_version.studies,
    norms_version.withdrawn_at,
    norms_version.withdrawn_by
FROM norms_version;

CREATE VIEW v_objects AS
SELECT
    study.study_instance_uid,
    report.version,
    report.kind,
    report.analysis,
    report.source_series_uid,
    report.description,
    report.sop_class_uid,
    report.sop_instance_uid,
    report.series_instance_uid,
    report.software_version,
    report.created_at
FROM report
JOIN study ON study.id = report.study_id;

CREATE VIEW v_deliveries AS
SELECT
    study.study_instance_uid,
    report.version,
    report.sop_instance_uid,
    report.sop_class_uid,
    report.series_instance_uid,
    report.software_version,
    report.created_at,
    delivery.destination,
    delivery.status,
    delivery.attempts,
    delivery.next_attempt_at,
    delivery.last_outcome,
    delivery.delivered_at,
    report.kind,
    report.description,
    delivery.commitment,
    delivery.commitment_asks,
    delivery.commitment_due_at,
    delivery.committed_at
FROM report
JOIN study ON study.id = report.study_id
LEFT JOIN delivery ON delivery.report_id = report.id;

CREATE VIEW v_events AS
SELECT
    study.study_instance_uid,
    event.id AS number,
    event.at,
    event.who,
    event.what,
    event.why,
    event.details
FROM event
LEFT JOIN study ON study.id = event.study_id;

CREATE VIEW v_daily AS
SELECT
    day,
    CAST(SUM(studies) AS BIGINT) AS studies,
    CAST(SUM(instances) AS BIGINT) AS instances,
    CAST(SUM(bytes) AS BIGINT) AS bytes,
    CAST(SUM(reports) AS BIGINT) AS reports,
    CAST(SUM(deliveries) AS BIGINT) AS deliveries,
    CAST(SUM(failed_analyses) AS BIGINT) AS failed_analyses,
    CAST(SUM(refused_instances) AS BIGINT) AS refused_instances
FROM (
    SELECT utc_date(first_received_at) AS day, COUNT(*) AS studies, 0 AS instances, 0 AS bytes, 0 AS reports,
        0 AS deliveries, 0 AS failed_analyses, 0 AS refused_instances
    FROM study GROUP BY utc_date(first_received_at)
    UNION ALL
    SELECT utc_date(received_at), 0, COUNT(*), SUM(size_bytes), 0, 0, 0, 0 FROM instance GROUP BY utc_date(received_at)
    UNION ALL
    SELECT utc_date(created_at), 0, 0, 0, COUNT(*), 0, 0, 0
    FROM report WHERE kind = 'sr' GROUP BY utc_date(created_at)
    UNION ALL
    SELECT utc_date(delivered_at), 0, 0, 0, 0, COUNT(*), 0, 0
    FROM delivery WHERE delivered_at IS NOT NULL GROUP BY utc_date(delivered_at)
    UNION ALL
    SELECT utc_date(started_at), 0, 0, 0, 0, 0, COUNT(*), 0
    FROM analysis WHERE status = 'failed' GROUP BY utc_date(started_at)
    UNION ALL
    SELECT utc_date(at), 0, 0, 0, 0, 0, 0,
        SUM(CASE WHEN what IN ('instance-refused', 'instance-quarantined') THEN 1 ELSE 0 END)
    FROM event GROUP BY utc_date(at)
) AS counted
GROUP BY day;
