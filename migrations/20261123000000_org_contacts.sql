-- What FLD-03 lets organisations give besides: 团组织机构代码, 团组织微信号, 微博号.
alter table org add column league_code text, add column wechat text, add column weibo text;
