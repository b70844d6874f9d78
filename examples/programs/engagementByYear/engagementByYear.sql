SELECT
  year(published)::BIGINT AS year,
  count(*)::BIGINT AS posts,
  coalesce(sum(like_count), 0)::BIGINT AS likes
FROM posts
WHERE NOT is_repost AND like_count >= $threshold
GROUP BY year(published)
